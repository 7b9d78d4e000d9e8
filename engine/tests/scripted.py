"""A backtest whose signals a test dictates."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from engine.backtest.result import Result
from engine.backtest.run import run_backtest
from engine.config import NO_LIMITS, BotSettings, Costs
from engine.strategies.base import Condition, Params, Signals, Strategy
from engine.strategies.registry import REGISTRY
from engine.tests.records import PRODUCT

CONDITIONS = (Condition("told", "The test says so", ">="),)


def dictated(sides: list[int], *, stop: float = 0.0, target: float = 0.0, hold: int = 0, warmup: int = 1) -> Strategy:
    """A strategy that says ``sides`` candle by candle, and nothing after."""

    def compute(candles: np.ndarray, params: Params) -> Signals:
        side = np.array((sides + [0] * len(candles))[: len(candles)], "i1")
        return Signals(
            side=side,
            score=side.astype("f8"),
            confidence=np.abs(side).astype("f8"),
            stop=np.array([stop]),
            target=np.array([target]),
            hold=np.array([hold]),
            conditions=CONDITIONS,
            values=[side.astype("f8")],
            thresholds=[1.0],
        )

    return Strategy(
        name="dictated",
        version=1,
        title="Dictated",
        description="Does what it is told.",
        parameters=(),
        conditions=CONDITIONS,
        timeframe=60,
        warmup=lambda params: warmup,
        window=lambda params: warmup,
        compute=compute,
    )


def play(bars: np.ndarray, sides: list[int], *, exits: dict[str, Any] | None = None, **changes: Any) -> Result:
    """A backtest on ``bars`` at no cost and without limits, with half of 10,000 a trade."""
    request: dict[str, Any] = {
        "params": {},
        "product": PRODUCT,
        "costs": Costs(maker=Decimal(0), taker=Decimal(0)),
        "settings": BotSettings(size=0.5),
        "limits": NO_LIMITS,
        "cash": 10_000.0,
        "timeframe": 60,
    } | changes
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(REGISTRY, "dictated", dictated(sides, **(exits or {})))
        return run_backtest(bars, strategy="dictated", **request)
