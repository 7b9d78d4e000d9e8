"""The plain reference strategy: a fast average crosses a slow one. Formulas: docs/strategies.md."""

import numpy as np

from engine.indicators import sma
from engine.strategies.base import Condition, Parameter, ParameterError, Params, Signals, Strategy

TOUCH = 1e-9  # averages nearer than this, relative, are equal: float noise must not make a cross

PARAMETERS = (
    Parameter("fast", "Fast length", "int", 10, 2, 1000, "bars of the fast average"),
    Parameter("slow", "Slow length", "int", 30, 3, 5000, "bars of the slow average"),
    Parameter("stop", "Stop", "ratio", 0, 0, 0.9, "distance below the entry; 0 = none"),
    Parameter("target", "Target", "ratio", 0, 0, 10, "distance above the entry; 0 = none"),
    Parameter("hold", "Longest hold", "seconds", 0, 0, 366 * 86400, "then out at the next open; 0 = no limit"),
)

CONDITIONS = (
    Condition(
        "above",
        "Fast average above the slow",
        ">",
        "the fast average of {value} is not above the slow one of {threshold}",
    ),
    Condition(
        "was_below",
        "Not above it one bar before",
        "<=",
        "the fast average was above the slow one already a bar before: no fresh cross",
    ),
)


def _order(params: Params) -> None:
    if params["fast"] >= params["slow"]:
        raise ParameterError("fast", params["fast"], f"must be below slow ({params['slow']})")


def warmup(params: Params) -> int:
    return params["slow"] + 1


def _shifted(column: np.ndarray) -> np.ndarray:
    """Each bar's value one bar before."""
    return np.concatenate(([np.nan], column[:-1]))


def compute(candles: np.ndarray, params: Params) -> Signals:
    # Compiled and heavy: kept out of the processes that only show forms.
    from engine.strategies.ma_cross_columns import signal_columns  # noqa: PLC0415

    close = np.ascontiguousarray(candles["close"])
    fast, slow = sma(close, params["fast"]), sma(close, params["slow"])
    side, score, confidence = signal_columns(fast, slow, TOUCH)
    level = slow * (1 + TOUCH)
    return Signals(
        side=side,
        score=score,
        confidence=confidence,
        stop=np.array([params["stop"]], "f8"),
        target=np.array([params["target"]], "f8"),
        hold=np.array([params["hold"]], "i8"),
        conditions=CONDITIONS,
        values=[fast, _shifted(fast)],
        thresholds=[level, _shifted(level)],
    )


STRATEGY = Strategy(
    name="ma_cross",
    version=1,
    title="Moving-average cross",
    description="The plain reference: long when the fast average crosses above the slow one, out when it crosses back. "
    "Meant for quarter hours and longer, where a move can outgrow its fees.",
    parameters=PARAMETERS,
    conditions=CONDITIONS,
    timeframe=900,
    warmup=warmup,
    window=warmup,
    compute=compute,
    confirmation=0,
    rules=(_order,),
)
