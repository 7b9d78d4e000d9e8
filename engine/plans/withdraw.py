"""Taking back what a plan asked for and may not have now. Pure Python."""

from engine.records import Record

ASKED = ("placed", "tries", "asked_time", "amended_qty", "amended_limit", "amended_stop")  # what settle notes of a leg


def withdraw(state: Record, before: Record, leg: int) -> None:
    """The order of a leg that ``advance`` has just asked for counts as never asked for: no try is used up by it.
    ``before``: a copy of the state before that. The plan asks again when it is next led on and still wants it."""
    for name in ASKED:
        state[name][leg] = before[name][leg]
