"""Why groups wait with what they would buy. What they sell goes on."""

from apps.accounts.connections.live import entry_refusal
from apps.accounts.models import TradingAccount
from apps.orders.accounts import recent_orders, too_many
from apps.risk.selectors import halts_in_force, limits


def entries_refused(account: TradingAccount, at: int) -> str:
    """Why the account may make no entries at a market time (seconds UTC), in words; '' when it may."""
    if halt := halts_in_force(account).first():
        return f"a halt is in force, \u201c{halt.reason}\u201d"
    if account.owner.paused_at is not None:
        return f"an operator has paused your entries, \u201c{account.owner.paused_reason}\u201d"
    made = recent_orders([account.pk], at).get(account.pk, 0)
    return entry_refusal(account) or too_many(made, limits([account])[account.pk].max_orders)
