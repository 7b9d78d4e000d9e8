"""A backtest that is played in stretches, with a report of its progress between them, is the same backtest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backtest import run as module
from engine.backtest.run import stretches
from engine.tests.markets import random_market
from engine.tests.scripted import play

SIDES = [0, 0, 1, 0, 0, 0, -1, 0] * 40
EXITS = {"stop": 0.003, "target": 0.004, "hold": 1200}


@settings(max_examples=40, deadline=None)
@given(
    length=st.integers(1, 400),
    seed=st.integers(0, 50),
    gaps=st.sampled_from([0.0, 0.05, 0.5]),
    timeframe=st.sampled_from([60, 300]),
    record=st.booleans(),
)
def test_any_stretch_gives_the_results_of_one(length, seed, gaps, timeframe, record):
    bars = random_market(300, seed=seed, gaps=gaps)
    asked = {"exits": EXITS, "timeframe": timeframe, "record": record}
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "STRETCH", length)
        parted = play(bars, SIDES, progress=told.append, **asked)
    whole = play(bars, SIDES, **asked)
    assert told == sorted(told)
    assert told[-1] == len(bars)
    assert parted.results_hash == whole.results_hash
    assert parted.trades.tobytes() == whole.trades.tobytes()
    assert parted.equity.tobytes() == whole.equity.tobytes()


def test_it_cuts_where_no_bar_is_missing_only():
    times = np.array([0, 60, 120, 300, 360, 600])
    assert [*stretches(times, 60, 2)] == [(0, 2), (2, 4), (4, 6)]
    assert [*stretches(times, 60, 3)] == [(0, 4), (4, 6)]
    assert [*stretches(times, 60, 100)] == [(0, 6)]


def test_what_progress_raises_ends_the_run():
    def stop(bars):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        play(random_market(10), [], progress=stop)
