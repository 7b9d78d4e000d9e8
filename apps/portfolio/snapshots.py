"""Writing the equity curve: a point each quarter of an hour of market time."""

from datetime import UTC, datetime

from django.db import transaction

from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount
from apps.markets.models import Feed
from apps.portfolio.models import EquitySnapshot
from apps.portfolio.selectors import equity
from apps.portfolio.services import deposited

EVERY = 900  # market seconds


def snapshots_sweep() -> int:
    """Adds the point of the present quarter of an hour for every account that has none yet; returns how many."""
    written = 0
    for venue, market_time in _venues():
        at = datetime.fromtimestamp(market_time - market_time % EVERY, UTC)
        accounts = TradingAccount.objects.filter(venue=venue)
        done = EquitySnapshot.objects.filter(account__in=accounts, at=at)
        known = set(done.values_list("account_id", "generation"))
        for account in accounts:
            if (account.pk, account.generation) not in known:
                written += _write(account, at)
    return written


def _venues() -> list[tuple[str, int]]:
    """Venue and market time (seconds UTC) of every market that has begun."""
    feeds = Feed.objects.filter(market_time__gt=0, session__closed=None).select_related("product")
    newest: dict[str, int] = {}
    for feed in feeds:
        newest[feed.product.venue] = max(newest.get(feed.product.venue, 0), feed.market_time)
    return sorted(newest.items())


@transaction.atomic
def _write(account: TradingAccount, at: datetime) -> int:
    """Under the account's lock: a deposit is either in both, the worth and what was paid in, or in neither."""
    account = lock_account(account.pk)
    worth = equity(account)
    if worth.equity is None:
        return 0
    values = {"equity": worth.equity, "cash": worth.cash, "deposited": deposited(account)}
    _, created = EquitySnapshot.objects.get_or_create(
        account=account, generation=account.generation, at=at, defaults=values
    )
    return int(created)
