"""Scalping: buys strength in an uptrend when the volume confirms it. Formulas: docs/strategies.md."""

import numpy as np

from engine.indicators import ema, rsi, sma
from engine.strategies.base import Condition, Parameter, ParameterError, Params, Signals, Strategy
from engine.strategies.forgetting import average_memory, wilder_memory

PARAMETERS = (
    Parameter("ema", "EMA length", "int", 50, 2, 1000, "bars of the exponential average that marks the trend"),
    Parameter("rsi", "RSI length", "int", 14, 2, 200, "bars of the relative strength index"),
    Parameter("rsi_low", "RSI floor", "float", 55, 50, 100, "least strength of a buy; shorts mirror it at 100 - x"),
    Parameter("rsi_high", "RSI ceiling", "float", 70, 50, 100, "above it the move counts as spent"),
    Parameter("volume_sma", "Volume length", "int", 20, 2, 1000, "bars of the volume's mean"),
    Parameter("volume_factor", "Volume factor", "float", 1.5, 0, 100, "times the mean that a bar's volume must exceed"),
    Parameter("stop", "Stop", "ratio", 0.005, 0, 0.5, "distance below the entry; 0 = none", (0.001, 0.005)),
    Parameter("target", "Target", "ratio", 0.004, 0, 5, "distance above the entry; 0 = none", (0.0015, 0.004)),
    Parameter("hold", "Longest hold", "seconds", 600, 0, 30 * 86400, "then out at the next open; 0 = no limit"),
    Parameter("short_closes", "Short signal closes", "int", 0, 0, 1, "1 = the mirrored short signal ends a position"),
)

CONDITIONS = (
    Condition("trend", "Close above the EMA", ">", "the close of {value} is not above the EMA of {threshold}"),
    Condition("rsi_floor", "RSI not below its floor", ">=", "the RSI of {value} is below {threshold}"),
    Condition("rsi_ceiling", "RSI not above its ceiling", "<=", "the RSI of {value} is above {threshold}"),
    Condition(
        "volume",
        "Volume above its mean",
        ">",
        "the volume of {value} is not above {threshold}, its mean times the factor",
    ),
)


def _band(params: Params) -> None:
    if params["rsi_low"] >= params["rsi_high"]:
        raise ParameterError("rsi_low", params["rsi_low"], f"must be below rsi_high ({params['rsi_high']:g})")


def warmup(params: Params) -> int:
    return max(average_memory(params["ema"]), wilder_memory(params["rsi"]), params["volume_sma"])


def compute(candles: np.ndarray, params: Params) -> Signals:
    # Compiled and heavy: kept out of the processes that only show forms.
    from engine.strategies.ema_rsi_volume_columns import close_and_volume, signal_columns  # noqa: PLC0415

    close, volume = close_and_volume(np.require(candles, requirements=["C", "W"]))
    average, strength = ema(close, params["ema"]), rsi(close, params["rsi"])
    mean = sma(volume, params["volume_sma"])
    floor, ceiling = float(params["rsi_low"]), float(params["rsi_high"])
    side, score, confidence, busy = signal_columns(
        close,
        average,
        strength,
        volume,
        mean,
        float(params["volume_factor"]),
        floor,
        ceiling,
        -int(params["short_closes"]),
    )
    return Signals(
        side=side,
        score=score,
        confidence=confidence,
        stop=np.array([params["stop"]], "f8"),
        target=np.array([params["target"]], "f8"),
        hold=np.array([params["hold"]], "i8"),
        conditions=CONDITIONS,
        values=[close, strength, strength, volume],
        thresholds=[average, floor, ceiling, busy],
    )


STRATEGY = Strategy(
    name="ema_rsi_volume",
    version=1,
    title="EMA, RSI and volume",
    description="Scalping on minutes: long when the close lies above its EMA, the RSI shows strength that is not yet "
    "spent, and the volume is well above its mean. Leaves at a stop, a target or after ten minutes.",
    parameters=PARAMETERS,
    conditions=CONDITIONS,
    timeframe=60,
    warmup=warmup,
    window=warmup,
    compute=compute,
    confirmation=0,
    rules=(_band,),
)
