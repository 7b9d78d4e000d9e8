"""Aggregation, held against the exchange's own higher timeframes."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.candles import aggregate
from engine.quality import differences
from engine.records import CANDLE

COINBASE = np.load(Path(__file__).parent / "data" / "coinbase_2024.npz")
SECONDS = {"15m": 900, "1h": 3600, "6h": 21600}

# Hours that Coinbase's own 1h and 15m candles tell differently. On 2024-08-21 trades at a boundary are in the later bar
# of the one and in the earlier bar of the other; on 2024-05-31 the exchange halted and the 15m candle lacks a trade.
DIFFERENT = {
    ("BTC-USD", "15m", "1h"): ["2024-05-31T22", "2024-08-21T07", "2024-08-21T08"],
    ("ETH-USD", "15m", "1h"): ["2024-08-21T12", "2024-08-21T13"],
    ("SOL-USD", "15m", "1h"): ["2024-08-21T06", "2024-08-21T07", "2024-08-21T08", "2024-08-21T09"],
    ("BTC-USD", "15m", "6h"): ["2024-05-31T18"],
}


def hour(name: str) -> int:
    return int(np.datetime64(name, "s").astype(int))


@pytest.mark.parametrize("product", ["BTC-USD", "ETH-USD", "SOL-USD"])
@pytest.mark.parametrize(("source", "target"), [("15m", "1h"), ("15m", "6h"), ("1h", "6h")])
def test_it_gives_the_exchanges_own_candles(product, source, target):
    found = differences(COINBASE[f"{product} {source}"], COINBASE[f"{product} {target}"], SECONDS[target])
    assert found.tolist() == [hour(name) for name in DIFFERENT.get((product, source, target), [])]


def test_it_gives_ada_as_the_exchange_does_from_hours_but_its_quarters_differ_in_august():
    quarters, hours, sixes = (COINBASE[f"ADA-USD {name}"] for name in SECONDS)
    assert len(differences(hours, sixes, 21600)) == 0
    august = hour("2024-08-20")
    assert len(differences(quarters[quarters["time"] < august], hours, 3600)) == 0
    assert len(differences(quarters, hours, 3600)) == 55  # of 72 hours


@pytest.mark.parametrize(
    ("product", "first", "last"),
    [
        ("BTC-USD", "2024-08-21T07", "2024-08-21T08"),
        ("ETH-USD", "2024-08-21T12", "2024-08-21T13"),
        ("SOL-USD", "2024-08-21T06", "2024-08-21T07"),
        ("SOL-USD", "2024-08-21T08", "2024-08-21T09"),
    ],
)
def test_where_the_exchange_differs_the_same_volume_is_on_the_other_side_of_the_hour(product, first, last):
    ours = aggregate(COINBASE[f"{product} 15m"], 3600)
    theirs = COINBASE[f"{product} 1h"]
    volumes = [part["volume"][np.isin(part["time"], [hour(first), hour(last)])] for part in (ours, theirs)]
    assert abs(volumes[0][0] - volumes[1][0]) > 0.5
    assert volumes[0].sum() == pytest.approx(volumes[1].sum(), rel=1e-12)


def test_it_puts_each_value_where_it_belongs():
    candles = np.array(
        [(60, 10, 12, 9, 11, 1), (120, 11, 15, 10, 14, 2), (300, 14, 14, 7, 8, 4), (900, 8, 9, 8, 9, 8)], dtype=CANDLE
    )
    assert aggregate(candles, 300).tolist() == [(0, 10, 15, 9, 14, 3), (300, 14, 14, 7, 8, 4), (900, 8, 9, 8, 9, 8)]


def test_it_gives_the_bars_themselves_in_their_own_timeframe():
    hours = COINBASE["BTC-USD 1h"]
    assert aggregate(hours, 3600).tobytes() == hours.tobytes()


def test_it_makes_nothing_of_nothing():
    assert aggregate(np.empty(0, CANDLE), 300).tolist() == []


minutes = st.lists(st.integers(0, 3 * 1440), min_size=1, max_size=300, unique=True).map(sorted)


@given(minutes=minutes, seed=st.integers(0, 99), seconds=st.sampled_from([300, 900, 3600, 86400]))
def test_a_bar_made_alone_is_the_bar_made_of_the_whole_history(minutes, seed, seconds):
    random = np.random.default_rng(seed)
    candles = np.zeros(len(minutes), CANDLE)
    candles["time"] = 60 * np.array(minutes)
    for field in CANDLE.names[1:]:
        candles[field] = random.random(len(minutes))
    whole = aggregate(candles, seconds)
    for bar in whole:
        alone = candles[(candles["time"] >= bar["time"]) & (candles["time"] < bar["time"] + seconds)]
        assert aggregate(alone, seconds).tobytes() == bar.tobytes()
    assert whole["volume"].sum() == pytest.approx(candles["volume"].sum())


@pytest.mark.parametrize("times", [[60, 0], [0, 0]])
def test_it_refuses_bars_out_of_order(times):
    candles = np.zeros(2, CANDLE)
    candles["time"] = times
    with pytest.raises(ValueError, match="candles must be in time order, each time once"):
        aggregate(candles, 300)


@pytest.mark.parametrize("seconds", [0, -60])
def test_it_refuses_a_length_that_is_none(seconds):
    with pytest.raises(ValueError, match=f"seconds must be above 0, was {seconds}"):
        aggregate(np.empty(0, CANDLE), seconds)
