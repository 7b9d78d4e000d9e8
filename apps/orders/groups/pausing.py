"""Why groups wait with what they would buy. What they sell goes on."""

from apps.accounts.models import TradingAccount
from apps.markets.models import MarketSession
from apps.orders.accounts import account_states
from apps.orders.losses import REASON, is_lost
from apps.risk.selectors import halts_in_force


def entries_refused(account: TradingAccount, session: MarketSession, at: int) -> str:
    """Why the account may make no entries at a market time (seconds UTC), in words; '' when it may."""
    if halt := halts_in_force(account).first():
        return f"a halt is in force, “{halt.reason}”"
    if account.owner.paused_at is not None:
        return f"an operator has paused your entries, “{account.owner.paused_reason}”"
    state = account_states([account], session, at, write=False)[account.pk]
    return REASON if is_lost(state) else state.no_entries
