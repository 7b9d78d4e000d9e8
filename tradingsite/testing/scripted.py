"""A strategy that a test dictates: the volume of a bar says what it signals."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.strategies.base import Condition, Parameter, Signals, Strategy

QUIET, LONG, SHORT, DOUBTFUL = 5.0, 1.0, 2.0, 3.0  # volumes; a doubtful bar is a long one with confidence 0.5

CONDITIONS = (Condition("volume", "Volume says long", ">="),)


def _one(params: Mapping[str, Any]) -> int:
    return 1


def _compute(candles: np.ndarray, params: Mapping[str, Any]) -> Signals:
    volume = candles["volume"]
    long = (volume == LONG) | (volume == DOUBTFUL)
    side = np.where(long, 1, np.where(volume == SHORT, -1, 0)).astype("i1")
    return Signals(
        side=side,
        score=side.astype("f8"),
        confidence=np.where(volume == DOUBTFUL, 0.5, np.abs(side)),
        stop=np.array([params["stop"]], "f8"),
        target=np.array([params["target"]], "f8"),
        hold=np.array([params["hold"]], "i8"),
        conditions=CONDITIONS,
        values=[long.astype("f8")],
        thresholds=[1.0],
    )


SCRIPTED = Strategy(
    name="scripted",
    version=1,
    title="Scripted",
    description="Does what the volume of a bar says.",
    parameters=(
        Parameter("stop", "Stop", "ratio", 0, 0, 0.5),
        Parameter("target", "Target", "ratio", 0, 0, 5),
        Parameter("hold", "Longest hold", "seconds", 0, 0, 86_400),
    ),
    conditions=CONDITIONS,
    timeframe=60,
    warmup=_one,
    window=_one,
    compute=_compute,
    confirmation=0,
)
