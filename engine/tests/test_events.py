"""Positions put the bars of seconds and of minutes into one order."""

from hypothesis import given
from hypothesis import strategies as st

from engine.events import SESSION_SPAN, event_minute, event_position, event_second
from engine.kinds import EventKind

OPEN, BAR, TIME = EventKind.OPEN, EventKind.BAR, EventKind.TIME
minutes = st.integers(0, 10**8).map(lambda number: 60 * number)
sessions = st.integers(1, 10**6)


def place(session, time, kind, granularity):
    return event_position(session=session, time=time, kind=kind, granularity=granularity)


@given(sessions, minutes, st.integers(0, 59))
def test_a_second_lies_inside_its_minute(session, minute, second):
    opened, closed = place(session, minute, OPEN, 60), place(session, minute, BAR, 60)
    first, last = place(session, minute + second, OPEN, 1), place(session, minute + second, BAR, 1)
    assert opened <= first < last <= closed < place(session, minute + 60, OPEN, 60)
    assert (opened == first) == (second == 0)
    assert (last == closed) == (second == 59)


@given(sessions, minutes, st.integers(0, 58))
def test_a_second_is_over_before_the_next_begins(session, minute, second):
    assert place(session, minute + second, BAR, 1) + 1 == place(session, minute + second + 1, OPEN, 1)


@given(sessions, minutes, st.sampled_from([OPEN, BAR, TIME]))
def test_a_position_tells_its_minute(session, minute, kind):
    assert event_minute(place(session, minute, kind, 60)) == minute
    assert event_minute(place(session, minute + 37, kind, 1)) == minute
    assert event_second(place(session, minute + 37, kind, 1)) == minute + 37


@given(sessions, minutes, st.sampled_from([OPEN, BAR, TIME]))
def test_sessions_follow_each_other(session, minute, kind):
    assert place(session, minute, kind, 60) // SESSION_SPAN == session


def test_a_minute_without_a_trade_stands_where_its_bar_would():
    assert place(3, 120, TIME, 60) == place(3, 120, BAR, 60)
