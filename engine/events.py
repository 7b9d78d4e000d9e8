"""The event sequence of a market: a number that says what came before what.

A bar's OPEN has twice its opening time and its BAR (or TIME) twice its closing time less one, whatever the bar's
length: bars of a second and of a minute share one sequence. The BAR of a minute comes after everything inside it (with
the BAR of its last second) and before the next OPEN.
"""

from engine.kinds import EventKind

SESSION_SPAN = 100_000_000_000  # twice the seconds since 1970 stay below this until the year 3554
MINUTE = 60


def event_position(*, session: int, time: int, kind: EventKind, granularity: int = MINUTE) -> int:
    """Place of an event in the venue's sequence.

    ``time`` is the bar's opening time in seconds UTC for OPEN, BAR and TIME alike, ``granularity`` its length in
    seconds. ``session`` separates the runs of a recording.
    """
    place = 2 * time if kind == EventKind.OPEN else 2 * (time + granularity) - 1
    return session * SESSION_SPAN + place


def event_second(position: int) -> int:
    """The market second (UTC) in which an event ended: of an OPEN its own, of a BAR or TIME the bar's last."""
    return position % SESSION_SPAN // 2


def event_minute(position: int) -> int:
    """Opening time of the minute an event belongs to, seconds UTC."""
    return event_second(position) // MINUTE * MINUTE
