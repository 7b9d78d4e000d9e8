"""The quality report finds what is planted, and nothing in clean candles."""

from pathlib import Path

import numpy as np
import pytest

from engine.candles import aggregate
from engine.quality import differences, examine
from engine.records import CANDLE

START = 1_581_292_800
QUARTERS = np.load(Path(__file__).parent / "data" / "coinbase_2024.npz")["BTC-USD 15m"]


def found(candles, timeframe=60):
    return {
        finding.check: finding.times.tolist() for finding in examine(candles, timeframe).findings if len(finding.times)
    }


@pytest.fixture
def candles():
    """Ten hours of minutes in which each bar opens where the last one closed."""
    random = np.random.default_rng(5)
    bars = np.zeros(600, CANDLE)
    bars["time"] = START + 60 * np.arange(600)
    bars["close"] = 100 + np.cumsum(random.normal(0, 0.05, 600))
    bars["open"] = np.concatenate([[100], bars["close"][:-1]])
    bars["high"] = np.maximum(bars["open"], bars["close"]) + 0.05
    bars["low"] = np.minimum(bars["open"], bars["close"]) - 0.05
    bars["volume"] = 1 + random.random(600)
    return bars


def test_it_finds_nothing_in_clean_candles(candles):
    report = examine(candles, 60)
    assert found(candles) == {}
    assert report.usable
    assert (report.bars, report.missing, report.first, report.last) == (600, 0, START, START + 599 * 60)


def test_it_finds_gaps_and_counts_what_they_lack(candles):
    holed = np.delete(candles, [10, 11, 50])
    assert found(holed) == {"gap": [START + 600, START + 3000]}
    assert examine(holed, 60).missing == 3


def test_it_finds_the_halts_of_the_exchange():
    assert found(QUARTERS, 900)["gap"][0] == int(np.datetime64("2024-05-31T22:15", "s").astype(int))


def test_it_finds_duplicates_even_out_of_order(candles):
    twice = np.concatenate([candles, candles[[7, 9]]])
    assert found(twice) == {"duplicate": [START + 420, START + 540]}
    assert not examine(twice, 60).usable


def test_it_finds_times_off_the_grid(candles):
    candles["time"][20] += 7
    assert found(candles)["off_grid"] == [START + 1207]
    assert not examine(candles, 60).usable


@pytest.mark.parametrize(("field", "value"), [("high", 1.0), ("low", 1000.0)])
def test_it_finds_impossible_bars(candles, field, value):
    candles[field][33] = value
    assert found(candles)["impossible"] == [START + 33 * 60]
    assert not examine(candles, 60).usable


def test_it_finds_bars_without_volume(candles):
    candles["volume"][40] = 0
    assert found(candles) == {"zero_volume": [START + 2400]}
    assert examine(candles, 60).usable


def test_it_finds_a_large_move_without_volume_but_not_one_with_it(candles):
    candles["high"][[100, 200]] *= 1.2
    candles["volume"][100] = 0.001
    assert found(candles) == {"outlier": [START + 6000]}


def test_it_finds_a_bar_that_was_taken_before_its_end(candles):
    candles["close"][300] -= 3
    candles["low"][300] = candles["close"][300] - 0.05
    candles["volume"][300] = 0.2
    assert found(candles) == {"partial": [START + 18_000]}


def test_an_honest_jump_between_two_bars_is_not_a_partial_bar(candles):
    for price in ("open", "high", "low", "close"):
        candles[price][300:] += 3
    assert found(candles) == {}


def test_a_single_bar_has_no_neighbours_to_doubt_it(candles):
    assert found(candles[:1]) == {}


def test_a_longer_timeframe_gives_partial_bars_away(candles):
    hours = aggregate(candles, 3600)
    assert differences(candles, hours, 3600).tolist() == []
    candles["volume"][130] *= 0.9
    candles["close"][419] += 0.01
    assert differences(candles, hours, 3600).tolist() == [START + 2 * 3600, START + 6 * 3600]
    assert differences(candles[30:], hours[1:], 3600).tolist() == [START + 2 * 3600, START + 6 * 3600]
