"""The day's loss as a switch: when it reaches its limit, what rests to buy is cancelled and the owner told.

That no entry is decided on from then on is the core's gate; an entry that rests has passed it already.
"""

import math
from collections import defaultdict

from django.db import transaction
from django.utils import timezone

from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount
from apps.markets.models import Feed
from apps.markets.selectors import market_now
from apps.operations import audit
from apps.operations.hints import toast
from apps.orders.accounts import AccountState, account_states
from apps.orders.cancels import cancels_request
from apps.orders.models import Order
from engine.kinds import OrderKind
from engine.limits import daily_allowance
from engine.orders.states import OrderState

REASON = "the day's loss has reached its limit"
WAITING = [OrderState.PENDING, OrderState.OPEN]
RESTING = Order.objects.filter(purpose=Order.Purpose.ENTRY, state__in=WAITING, cancel_requested=False).exclude(
    kind=OrderKind.MARKET.value  # trades at once
)


def losses_sweep() -> None:
    """Looks at every account with entries that rest, market by market."""
    waiting: dict[int, set[int]] = defaultdict(set)  # accounts by session
    pairs = RESTING.all().order_by().values_list("account", "product__feed__session").distinct()
    for account_id, session_id in pairs:
        if session_id is not None:
            waiting[session_id].add(account_id)
    now = timezone.now()
    for session_id, account_ids in waiting.items():
        feed = Feed.objects.filter(session=session_id).select_related("session").latest("market_time")
        accounts = TradingAccount.objects.filter(pk__in=account_ids).select_related("owner")
        states = account_states(accounts, feed.session, market_now(feed, now), write=False)
        for account_id in sorted(account_id for account_id, state in states.items() if is_lost(state)):
            entries_end(account_id)


def is_lost(state: AccountState) -> bool:
    """Whether the day has lost as much as it may; unknown while a price is missing."""
    allowed = daily_allowance(state.day_equity, state.limits.daily_loss, state.limits.daily_loss_amount)
    lost = state.day_equity - state.equity
    return allowed < math.inf and math.isfinite(lost) and lost >= allowed


@transaction.atomic
def entries_end(account_id: int) -> None:
    """Asks for the cancel of an account's resting entries."""
    account = lock_account(account_id)
    entries = list(RESTING.filter(account=account).select_related("product").order_by("pk"))
    if not entries:
        return
    cancels_request(account=account, orders=entries, why=REASON)
    audit.record(actor=None, action="limit.daily_loss", target=account, detail={"cancelled": len(entries)})
    count = "1 order" if len(entries) == 1 else f"{len(entries)} orders"
    words = f"{REASON.capitalize()}: {count} to buy {'is' if len(entries) == 1 else 'are'} being cancelled"
    toast(account.owner_id, f"{words}, no entries until the next day (UTC)", tone="bad", urgent=True)
