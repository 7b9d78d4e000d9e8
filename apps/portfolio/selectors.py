"""What an account is worth, now and over time. Unknown is None, never zero."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from django.db.models import F, OuterRef, QuerySet, Subquery

from apps.accounts.models import TradingAccount
from apps.ledger.models import Balance, Entry, Position
from apps.markets.models import Feed
from apps.portfolio.models import EquitySnapshot
from apps.risk.models import DayOpening

ZERO = Decimal(0)


@dataclass(frozen=True)
class Equity:
    """Quote amounts of the account's valuation currency; ratios as plain numbers. None = a price is missing."""

    equity: Decimal | None
    cash: Decimal  # total quote, holds included
    free: Decimal
    exposure: Decimal | None
    open_pnl: Decimal | None  # of open positions, after entry fees
    day_open: Decimal | None
    today: Decimal | None
    peak: Decimal | None
    drawdown: Decimal | None  # ratio below the peak, 0 or more


def last_prices(venue: str, currency: str = "USD") -> dict[str, Decimal]:
    """Last price by base currency at a venue, in ``currency`` per base."""
    feeds = Feed.objects.filter(product__venue=venue, product__quote=currency, price__isnull=False)
    feeds = feeds.select_related("product")
    return {feed.product.base: Decimal(repr(feed.price)) for feed in feeds}


def equity(account: TradingAccount) -> Equity:
    """The account marked to market at the last prices of its venue."""
    return equities([account])[account.pk]


def equities(accounts: Sequence[TradingAccount]) -> dict[int, Equity]:
    """By account id, in as many queries as one takes."""
    markets = {(account.venue, account.currency) for account in accounts}
    prices = {market: last_prices(*market) for market in markets}
    balances = by_account(Balance.objects.filter(account__in=accounts))
    positions = by_account(Position.objects.filter(account__in=accounts, closed=None).select_related("product"))
    openings, peaks = _day_openings(accounts), _peaks(accounts)
    return {
        account.pk: _equity(
            account, prices[account.venue, account.currency], balances[account.pk], positions[account.pk],
            opening=openings.get(account.pk), peak=peaks.get(account.pk),
        )
        for account in accounts
    }  # fmt: skip


def by_account[T: Balance | Position](rows: Iterable[T]) -> dict[int, list[T]]:
    found: dict[int, list[T]] = defaultdict(list)
    for row in rows:
        found[row.account_id].append(row)
    return found


def _equity(
    account: TradingAccount, prices: dict[str, Decimal], balances: list[Balance], positions: list[Position],
    *, opening: Decimal | None, peak: Decimal | None,
) -> Equity:  # fmt: skip
    quote = next((balance for balance in balances if balance.currency == account.currency), None)
    total = _total(balances, account.currency, prices)
    exposure = sum_known([_value(position, prices) for position in positions])
    peak = max((value for value in (peak, total) if value is not None), default=None)
    return Equity(
        equity=total,
        cash=quote.total if quote else ZERO,
        free=quote.free if quote else ZERO,
        exposure=exposure,
        open_pnl=sum_known([open_pnl(position, prices) for position in positions]),
        day_open=opening,
        today=total - opening if total is not None and opening is not None else None,
        peak=peak,
        drawdown=1 - total / peak if total is not None and peak else None,
    )


def snapshots(account: TradingAccount) -> QuerySet[EquitySnapshot]:
    """The equity curve of the account's present generation, oldest first."""
    return EquitySnapshot.objects.filter(account=account, generation=account.generation).order_by("at")


def _peaks(accounts: Sequence[TradingAccount]) -> dict[int, Decimal | None]:
    """The highest point of each account's curve. One look into an index: a maximum over all points reads them all."""
    points = EquitySnapshot.objects.filter(account=OuterRef("pk"), generation=OuterRef("generation"))
    highest = Subquery(points.order_by("-equity").values("equity")[:1])
    rows = TradingAccount.objects.filter(pk__in=[account.pk for account in accounts]).annotate(highest=highest)
    return dict(rows.values_list("pk", "highest"))


def _day_openings(accounts: Sequence[TradingAccount]) -> dict[int, Decimal]:
    """Equity when the market day began, of accounts that have decided since."""
    feeds = Feed.objects.filter(product__venue__in={account.venue for account in accounts})
    found: dict[int, Decimal] = {}
    for feed in feeds.order_by("product__venue", "-position").distinct("product__venue").select_related("product"):
        day = datetime.fromtimestamp(feed.market_time, UTC).date()
        mine = [account for account in accounts if account.venue == feed.product.venue]
        openings = DayOpening.objects.filter(account__in=mine, session=feed.session_id, day=day)
        found |= openings.filter(generation=F("account__generation")).values_list("account", "equity")
    return found


def transfers(account: TradingAccount, count: int) -> list[Entry]:
    """The newest deposits, withdrawals and resets."""
    entries = Entry.objects.filter(account=account).exclude(kind=Entry.Kind.FILL)
    return list(entries.prefetch_related("lines").order_by("-seq")[:count])


def open_pnl(position: Position, prices: dict[str, Decimal]) -> Decimal | None:
    """Result so far of an open position in quote: value and sales less purchases and fees."""
    value = _value(position, prices)
    if value is None:
        return None
    return value + position.sold_notional - position.bought_notional - position.fees


def _value(position: Position, prices: dict[str, Decimal]) -> Decimal | None:
    price = prices.get(position.product.base)
    return None if price is None else position.quantity * price


def _total(balances: list[Balance], currency: str, prices: dict[str, Decimal]) -> Decimal | None:
    parts: list[Decimal | None] = []
    for balance in balances:
        if balance.currency == currency:
            parts.append(balance.total)
        elif balance.total:
            price = prices.get(balance.currency)
            parts.append(None if price is None else balance.total * price)
    return sum_known(parts)


def sum_known(parts: Sequence[Decimal | None]) -> Decimal | None:
    """The sum, or None when a part is unknown."""
    if any(part is None for part in parts):
        return None
    return sum((part for part in parts if part is not None), ZERO)
