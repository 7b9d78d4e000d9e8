"""Folding trades: whole minutes, gaps, duplicates, late trades, trades that are not believed."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.markets.sources import Bar
from apps.markets.sources.coinbase.outliers import Outliers
from apps.markets.sources.coinbase.tape import Closed, Opened, Seconds, Tape
from exchanges.coinbase.records import Trade

NOON = 1_800_014_400  # a full minute
MINUTE = 60


def trade(number, second, price="100", size="1"):
    at = datetime.fromtimestamp(NOON + second, UTC)
    return Trade("BTC-USD", number, Decimal(price), Decimal(size), at, "BUY")


def tape_from(*trades, now=NOON + 0.5, **outliers):
    """A tape that has seen a snapshot with one trade of the minute before."""
    tape = Tape(Outliers(**outliers))
    tape.snapshot(list(trades) or [trade(0, -5)], now)
    return tape


def closed(tape):
    return [each for each in tape.take() if isinstance(each, Closed)]


def test_a_minute_is_folded_from_its_trades():
    tape = tape_from()
    tape.update([trade(1, 1, "100", "1"), trade(2, 1.5, "102", "2"), trade(3, 40, "99", "0.5")])
    tape.pass_time(NOON + 61)
    opened, minute = tape.take()  # the seconds too, for nobody asked before the minute was over
    assert opened == Opened(NOON, 100)
    assert (minute.minute, minute.bar, minute.whole) == (NOON, Bar(100, 102, 99, 99, 3.5), True)
    assert minute.seconds.tolist() == [(NOON + 1, 100, 102, 100, 102, 3), (NOON + 40, 99, 99, 99, 99, 0.5)]


def told(tape):
    return [row for each in tape.take() if isinstance(each, Seconds) for row in each.bars.tolist()]


def test_a_second_is_told_when_a_later_trade_comes_or_the_clock_is_past_it():
    tape = tape_from()
    tape.update([trade(1, 1.2, "100", "1"), trade(2, 1.9, "102", "2")])
    tape.pass_time(NOON + 2.9)
    assert told(tape) == []
    tape.update([trade(3, 4, "99")])
    tape.pass_time(NOON + 4.1)
    assert told(tape) == [(NOON + 1, 100, 102, 100, 102, 3)]
    tape.pass_time(NOON + 5.9)
    assert told(tape) == []
    tape.pass_time(NOON + 6)
    assert told(tape) == [(NOON + 4, 99, 99, 99, 99, 1)]
    tape.pass_time(NOON + 30)
    assert told(tape) == []


def test_a_trade_of_a_second_that_was_told_counts_in_the_next():
    tape = tape_from()
    tape.update([trade(1, 1)])
    tape.pass_time(NOON + 3)
    tape.update([trade(2, 1.5, "90"), trade(3, 2.5, "95")])
    tape.pass_time(NOON + 61)
    assert closed(tape)[0].seconds.tolist() == [(NOON + 1, 100, 100, 100, 100, 1), (NOON + 2, 90, 95, 90, 95, 2)]


def test_no_second_is_told_after_a_number_that_is_missing():
    tape = tape_from()
    tape.update([trade(1, 1), trade(2, 5)])
    tape.pass_time(NOON + 5)
    assert told(tape) == [(NOON + 1, 100, 100, 100, 100, 1)]
    tape.update([trade(4, 9), trade(5, 20)])
    tape.pass_time(NOON + 30)
    assert told(tape) == []
    tape.update([trade(6, 61), trade(7, 65)])
    tape.pass_time(NOON + 66)
    assert told(tape) == [(NOON + 61, 100, 100, 100, 100, 1)]


def test_without_a_connection_the_clock_ends_no_second():
    tape = tape_from()
    tape.update([trade(1, 1), trade(2, 3)])
    tape.lose()
    tape.pass_time(NOON + 30)
    assert told(tape) == [(NOON + 1, 100, 100, 100, 100, 1)]  # a later trade was seen
    tape.snapshot([trade(0, -5), trade(1, 1), trade(2, 3), trade(3, 3.5, "104"), trade(4, 25)], NOON + 31)
    tape.pass_time(NOON + 31)
    assert told(tape) == [(NOON + 3, 100, 104, 100, 104, 2), (NOON + 25, 100, 100, 100, 100, 1)]


def test_it_waits_for_the_grace_and_then_closes_without_a_trade():
    tape = tape_from()
    tape.pass_time(NOON + 60.9)
    assert tape.take() == []
    tape.pass_time(NOON + 61)
    (minute,) = tape.take()
    assert (minute.bar, minute.whole, len(minute.seconds)) == (None, True, 0)


def test_a_trade_of_the_next_minute_closes_at_once():
    tape = tape_from()
    tape.update([trade(1, 10), trade(2, 60.01)])
    assert [type(each) for each in tape.take()] == [Opened, Closed, Opened]


def test_a_late_trade_is_counted_and_not_folded():
    tape = tape_from()
    tape.update([trade(1, 61), trade(2, 59)])
    (minute,) = closed(tape)
    assert minute.bar is None
    assert tape.take_counts().late == 1


def test_a_number_left_out_makes_its_minutes_doubtful_and_no_others():
    tape = tape_from()
    tape.update([trade(1, 10), trade(5, 70), trade(6, 130), trade(7, 190)])
    assert [minute.whole for minute in closed(tape)] == [False, False, True]
    counts = tape.take_counts()
    assert (counts.gaps, counts.lost, counts.trades) == (1, 3, 4)


def test_a_trade_that_was_there_is_counted_once():
    tape = tape_from()
    tape.update([trade(1, 10), trade(1, 10), trade(2, 11), trade(1, 10)])
    tape.pass_time(NOON + 61)
    assert closed(tape)[0].bar.volume == 2
    assert tape.take_counts().duplicates == 2


def test_a_snapshot_bridges_a_short_loss():
    tape = tape_from()
    tape.update([trade(1, 10)])
    tape.lose()
    tape.pass_time(NOON + 100)
    assert closed(tape) == []  # nothing is known of the time without a connection
    tape.snapshot([trade(0, -5), trade(1, 10), trade(2, 20, "105"), trade(3, 65)], NOON + 66)
    (minute,) = closed(tape)
    assert (minute.bar.high, minute.bar.volume, minute.whole) == (105, 2, True)
    assert tape.take_counts().duplicates == 0


def test_a_snapshot_that_begins_too_late_leaves_a_gap():
    tape = tape_from()
    tape.update([trade(1, 10)])
    tape.lose()
    tape.snapshot([trade(9, 130), trade(10, 131)], NOON + 132)
    tape.pass_time(NOON + 241)
    assert [(each.minute, each.whole) for each in closed(tape)] == [
        (NOON, False), (NOON + 60, False), (NOON + 120, False), (NOON + 180, True),
    ]  # fmt: skip


def test_the_first_minute_is_whole_only_when_the_snapshot_reaches_behind_it():
    whole = tape_from(*[trade(number, number - 50) for number in range(100)], now=NOON + 50)
    cut = tape_from(*[trade(number, number / 10) for number in range(100)], now=NOON + 50)
    for tape in (whole, cut):
        tape.pass_time(NOON + 61)
    assert [closed(tape)[0].whole for tape in (whole, cut)] == [True, False]


def test_a_price_far_off_without_volume_is_not_believed():
    tape = tape_from(usual=100)
    tape.update([trade(1, 1, "100"), trade(2, 2, "150", "0.5"), trade(3, 3, "101")])
    tape.pass_time(NOON + 61)
    assert closed(tape)[0].bar == Bar(100, 101, 100, 101, 2)
    (doubt,) = tape.take_counts().doubts
    assert (doubt.trade.trade_id, doubt.reference) == (2, 100)


@pytest.mark.parametrize(
    ("sizes", "believed"), [(["1"], True), (["0.4", "0.6"], True), (["0.1"] * 4, False), (["0.1"] * 5, True)]
)
def test_a_real_move_is_believed_by_its_volume_or_its_number(sizes, believed):
    tape = tape_from(usual=100)
    tape.update([trade(number, 1, "50", size) for number, size in enumerate(sizes, 1)])
    tape.pass_time(NOON + 61)
    assert (closed(tape)[0].bar is not None) == believed
    assert tape.take_counts().doubts == []


def test_suspects_that_disagree_condemn_each_other():
    tape = tape_from(usual=100)
    tape.update([trade(number, 1, price, "0.1") for number, price in enumerate(["50", "300", "20", "100"], 1)])
    assert [doubt.trade.trade_id for doubt in tape.take_counts().doubts] == [1, 2, 3]


ROWS = st.lists(st.tuples(st.floats(0, 20), st.integers(9_500, 10_400), st.integers(1, 10**6)), max_size=60)


@given(ROWS, st.lists(st.integers(0, 59), max_size=4))
def test_however_often_the_connection_is_lost_the_minutes_are_the_same(rows, losses):
    """Whatever is bridged by snapshots folds as if nothing had happened."""
    second, trades = 0.0, []
    for number, (step, price, size) in enumerate(rows, 1):
        second += step
        trades.append(trade(number, second, str(Decimal(price) / 100), str(Decimal(size) / 1000)))
    ends = NOON + second + 120

    calm = tape_from()
    calm.update(trades)
    calm.pass_time(ends)

    shaken = tape_from()
    for index, each in enumerate(trades):
        if index in losses:
            shaken.lose()
            shaken.snapshot([trade(0, -5), *trades[: index + 1]][-100:], each.time.timestamp())
        else:
            shaken.update([each])
    shaken.pass_time(ends)

    expected, found = closed(calm), closed(shaken)
    assert [(m.minute, m.bar, m.whole) for m in found] == [(m.minute, m.bar, m.whole) for m in expected]
    assert all(minute.whole for minute in found)
    total = sum(minute.bar.volume for minute in found if minute.bar)
    assert total == pytest.approx(float(sum(each.size for each in trades)))


@given(ROWS, st.lists(st.floats(-2, 5), min_size=60, max_size=60))
def test_what_was_told_of_a_minute_is_how_it_begins(rows, delays):
    """Trades come in the order of their numbers, now and then behind the clock."""
    tape, second, clock, seen = tape_from(), 0.0, 0.0, []
    for number, ((step, price, size), delay) in enumerate(zip(rows, delays, strict=False), 1):
        second += step
        tape.update([trade(number, second, str(Decimal(price) / 100), str(Decimal(size) / 1000))])
        clock = max(clock, second + delay)
        tape.pass_time(NOON + clock)
        seen += tape.take()
    tape.pass_time(NOON + clock + 120)
    seen += tape.take()
    for minute in (each for each in seen if isinstance(each, Closed)):
        parts = [each.bars for each in seen if isinstance(each, Seconds) and each.minute == minute.minute]
        early = [row for bars in parts for row in bars.tolist()]
        assert minute.seconds.tolist()[: len(early)] == early
        times = minute.seconds["time"].tolist()
        assert times == sorted(set(times))
        assert all(minute.minute <= time < minute.minute + MINUTE for time in times)
        if minute.bar:
            assert minute.seconds["volume"].sum() == pytest.approx(minute.bar.volume)
            assert (minute.seconds["high"].max(), minute.seconds["low"].min()) == (minute.bar.high, minute.bar.low)
