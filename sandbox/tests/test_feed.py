"""Prices: recorded candles give themselves back, a seed gives the same market for ever."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from sandbox.clock import SECOND, VirtualClock
from sandbox.exchange import Exchange
from sandbox.feed import Recording, Walk, recording, recordings
from sandbox.products import shipped_products
from sandbox.testing import START
from sandbox.tests.world import World

ORIGIN = START / SECOND
ROWS = np.array([
    [0, 100, 108, 97, 105, 60], [60, 105, 106, 90, 91, 120], [180, 91, 95, 91, 94, 30], [240, 94, 99, 93, 98, 60],
], dtype=float)  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    names = ["time", "open", "high", "low", "close", "volume"]
    table = pa.table({name: ROWS[:, place] for place, name in enumerate(names)})
    parquet.write_table(table, tmp_path / "coinbase_BTC-USD_1m.parquet")
    parquet.write_table(table, tmp_path / "coinbase_BTC-USD_1h.parquet")
    return tmp_path


def test_recorded_minutes_come_out_of_the_exchange_as_they_went_in(folder):
    files = recordings(folder)
    assert files == {"BTC-USD": folder / "coinbase_BTC-USD_1m.parquet"}
    began = int(ORIGIN) // 60 * 60
    feed = recording(files["BTC-USD"], began, 1.0)
    clock = VirtualClock((began + 600) * SECOND)
    exchange = Exchange(clock, shipped_products(), lambda product, now: feed)
    bars = exchange.market("BTC-USD").tape.bars(began, began + 299, 60)
    assert [(bar.start - began, bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in bars] == [
        (time, *(Decimal(str(value)) for value in row)) for time, *row in ROWS.tolist()
    ]  # fmt: skip


def test_nobody_trades_in_a_gap_and_the_end_turns_back():
    feed = Recording(ROWS, 0.0)
    at = np.array([130.0, 299.9, 300.1])
    assert feed.volumes(at)[0] == 0
    assert feed.prices(at)[0] == 91
    assert feed.prices(at)[1] == pytest.approx(feed.prices(at)[2], abs=0.1)


def test_a_market_that_opens_has_traded_before():
    tape = World().exchange.market("BTC-USD").tape
    trades = list(tape.trades)
    assert [trade.trade_id for trade in trades] == list(range(1, 101))
    assert [trade.moment for trade in trades] == [START - second * SECOND for second in reversed(range(100))]
    assert trades[-1].price == tape.last


def test_speed_squeezes_the_recording():
    fast, slow = Recording(ROWS, 0.0, 60.0), Recording(ROWS, 0.0)
    at = np.arange(0.0, 300.0)
    assert fast.prices(at / 60) == pytest.approx(slow.prices(at))
    assert fast.volumes(np.array([0.5])) == 60 * slow.volumes(np.array([30.0]))


def test_a_recording_of_one_candle_is_refused():
    with pytest.raises(ValueError, match="at least two candles, had 1"):
        Recording(ROWS[:1], 0.0)


def test_the_same_seed_is_the_same_market_whatever_the_steps():
    one, other = World(seed=3), World(seed=3)
    assert one.last == other.last  # a market opens when it is first asked for
    for world, steps in ((one, [300]), (other, [1.5] * 200)):
        for step in steps:
            world.pass_time(step)
    assert one.last == other.last
    ours, theirs = (world.exchange.market("BTC-USD") for world in (one, other))
    assert list(ours.tape.trades) == list(theirs.tape.trades)
    assert World(seed=4).exchange.market("BTC-USD").tick(START + 300 * SECOND) != ours.tick(START + 300 * SECOND)


def test_a_walk_starts_at_the_listed_price():
    walk = Walk(65000.0, 2800.0, 9)
    walk.start_at(ORIGIN)
    assert walk.prices(np.array([ORIGIN]))[0] == pytest.approx(65000)
