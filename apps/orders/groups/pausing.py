"""Why groups wait with what they would buy. What they sell goes on."""

from apps.accounts.connections.live import entry_refusal
from apps.accounts.models import TradingAccount
from apps.risk.selectors import halts_in_force


def entries_refused(account: TradingAccount) -> str:
    """Why the account may make no entries for now, in words; '' when it may."""
    if halt := halts_in_force(account).first():
        return f"a halt is in force, \u201c{halt.reason}\u201d"
    if account.owner.paused_at is not None:
        return f"an operator has paused your entries, \u201c{account.owner.paused_reason}\u201d"
    return entry_refusal(account)
