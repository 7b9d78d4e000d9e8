"""The longest hold of a position. Plain Python, also for processes that never load the compiler."""


def hold_is_over(hold: int, entry_time: int, now: int) -> bool:
    """Whether a position entered at ``entry_time`` has been held for ``hold`` seconds; 0 = no limit."""
    return hold > 0 and now >= entry_time + hold
