"""Working a backtest off: load, simulate, report. Only workers import this; it loads the compiler."""

import time

import numpy as np
from dramatiq.middleware import Shutdown, TimeLimitExceeded

from apps.backtests.models import Backtest, BacktestResult
from apps.backtests.outcome import result_of
from apps.backtests.queue import TIME_LIMIT, Lost, claim_next, fail, finish, release, report_progress
from apps.backtests.simulation import request_of, simulate
from apps.backtests.sources import recording_listing
from apps.backtests.states import Stage
from apps.markets.candles import CorruptChunk, load_range
from apps.markets.files import CandleFileError, read_candles
from engine.backtest.run import BacktestError
from engine.strategies.base import ParameterError

BEAT = 0.4  # seconds between two reports of progress
REFUSALS = (BacktestError, ParameterError, CorruptChunk, CandleFileError)


def work() -> None:
    """Runs the oldest backtest that waits. Safe to call at any time, to run twice and to die in."""
    backtest = claim_next()
    if backtest is None:
        return
    try:
        finish(backtest, _run(backtest))
    except Lost:
        return
    except Shutdown:
        release(backtest)
        raise
    except TimeLimitExceeded:
        fail(backtest, f"must end within {TIME_LIMIT} s; a shorter range may help")
    except REFUSALS as error:
        fail(backtest, str(error))


def _run(backtest: Backtest) -> BacktestResult:
    began = time.monotonic()
    candles = load(backtest)
    report_progress(backtest, stage=Stage.SIMULATE, bars=len(candles))
    result = simulate(
        candles, request_of(backtest), granularity=backtest.granularity, progress=Meter(backtest, len(candles))
    )
    stored = result_of(backtest, candles, result)
    stored.seconds = time.monotonic() - began
    return stored


def load(backtest: Backtest) -> np.ndarray:
    """The bars of its range. Raises BacktestError when there are none."""
    listing = recording_listing(backtest.market)
    if listing:
        candles = read_candles(listing.file)
        candles = candles[(candles["time"] >= backtest.start) & (candles["time"] < backtest.end)]
    elif backtest.session and backtest.product:
        candles = load_range(
            backtest.session, backtest.product, backtest.granularity, start=backtest.start, end=backtest.end
        )
    else:
        raise BacktestError(f"market must still be stored, {backtest.market_title} was removed")
    if not len(candles):
        raise BacktestError("range must hold at least one bar, has none")
    return candles


class Meter:
    """Tells the row how far the simulation is, at most every BEAT seconds. Raises Lost."""

    def __init__(self, backtest: Backtest, bars: int) -> None:
        self.backtest, self.bars = backtest, bars
        self.began = self.told = time.monotonic()

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if done < self.bars and now - self.told < BEAT:
            return
        self.told = now
        stage = Stage.REPORT if done == self.bars else Stage.SIMULATE
        report_progress(self.backtest, stage=stage, bars_done=done, rate=done / max(now - self.began, 1e-6))
