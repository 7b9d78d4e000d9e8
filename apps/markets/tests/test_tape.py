"""Folding trades: whole minutes, gaps, duplicates, late trades, trades that are not believed."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.markets.sources import Bar
from apps.markets.sources.coinbase.outliers import Outliers
from apps.markets.sources.coinbase.tape import Closed, Opened, Tape
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
    opened, minute = tape.take()
    assert opened == Opened(NOON, 100)
    assert (minute.minute, minute.bar, minute.whole) == (NOON, Bar(100, 102, 99, 99, 3.5), True)
    assert minute.seconds.tolist() == [(NOON + 1, 100, 102, 100, 102, 3), (NOON + 40, 99, 99, 99, 99, 0.5)]


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
