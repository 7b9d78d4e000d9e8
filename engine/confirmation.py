"""How long a signal has kept its side."""

from engine.jit import njit
from engine.records import Record


@njit
def confirm(memory: Record, side: int, now: int, timeframe: int) -> int:
    """Notes the signal of the bar that closed at ``now``; returns for how many seconds it has kept its side.

    A missing bar or another side starts anew, no signal forgets.
    """
    if side == 0:
        memory["confirm_side"] = 0
        memory["confirm_since"] = 0
        memory["confirm_last"] = 0
        return 0
    if side != memory["confirm_side"] or now - memory["confirm_last"] > timeframe:
        memory["confirm_side"] = side
        memory["confirm_since"] = now
    memory["confirm_last"] = now
    return now - memory["confirm_since"]
