"""The event sequence of a market: a number that says what came before what."""

from engine.kinds import EventKind

SESSION_SPAN = 100_000_000_000  # twice the seconds since 1970 stay below this until the year 3554


def event_position(*, session: int, time: int, kind: EventKind) -> int:
    """Place of an event in the venue's sequence.

    ``time`` is the bar's opening time in seconds UTC for OPEN, BAR and TIME alike, so that a bar's OPEN comes before
    its BAR and both before the next bar's OPEN. ``session`` separates the runs of a recording.
    """
    return session * SESSION_SPAN + 2 * time + (0 if kind == EventKind.OPEN else 1)


def event_minute(position: int) -> int:
    """The bar's opening time that ``event_position`` was given."""
    return position % SESSION_SPAN // 2
