"""What is doubtful about a series of candles. Nothing is repaired here: real gaps are real."""

from dataclasses import dataclass

import numpy as np

from engine.candles import aggregate

OUTLIER_MOVE = 0.10  # a move of more than this ratio ...
OUTLIER_VOLUME = 0.01  # ... on less than this share of the median volume is a bad tick
PARTIAL_JUMP = 0.5  # a close this far from the next open, in ranges of the bar or of the usual bar ...
PARTIAL_VOLUME = 0.5  # ... on less than this share of its neighbours' volume: the bar was taken before its end
NEIGHBOURS = 12  # bars on each side


@dataclass(frozen=True)
class Finding:
    """One kind of doubt. ``times`` are the opening times of its bars; of a gap, the first bar that is missing."""

    check: str
    title: str
    times: np.ndarray
    fatal: bool = False  # such bars cannot be stored


@dataclass(frozen=True)
class Quality:
    """A report on a series; ``missing`` counts the bars that its gaps lack."""

    timeframe: int
    bars: int
    first: int
    last: int
    missing: int
    findings: tuple[Finding, ...]

    @property
    def usable(self) -> bool:
        return not any(finding.fatal and len(finding.times) for finding in self.findings)


def examine(candles: np.ndarray, timeframe: int) -> Quality:
    """Checks CANDLE records of ``timeframe`` seconds in any order; there must be at least one."""
    times = candles["time"]
    unique, counts = np.unique(times, return_counts=True)
    ordered = candles[np.sort(np.unique(times, return_index=True)[1])]
    ordered = ordered[np.argsort(ordered["time"])]
    steps = np.diff(unique)
    findings = (
        Finding("duplicate", "times that occur more than once", unique[counts > 1], fatal=True),
        Finding("off_grid", "times that are no multiple of the timeframe", unique[unique % timeframe != 0], fatal=True),
        Finding(
            "impossible", "bars whose high is below or whose low is above a price", _impossible(ordered), fatal=True
        ),
        Finding("gap", "gaps (no trade, an exchange halt, or lost data)", unique[:-1][steps > timeframe] + timeframe),
        Finding("zero_volume", "bars without volume", ordered["time"][ordered["volume"] == 0]),
        Finding("outlier", f"moves over {OUTLIER_MOVE:.0%} almost without volume", _outliers(ordered)),
        Finding("partial", "bars that look cut off before their end", _partial(ordered, timeframe)),
    )
    missing = int(np.sum(np.maximum(steps // timeframe - 1, 0)))
    return Quality(timeframe, len(candles), int(unique[0]), int(unique[-1]), missing, findings)


def differences(candles: np.ndarray, reference: np.ndarray, timeframe: int, *, tolerance: float = 1e-9) -> np.ndarray:
    """Opening times at which the bars aggregated to ``timeframe`` differ from the exchange's own.

    Only whole bars that both have are compared: prices exactly, volumes within ``tolerance`` of each other. Finds the
    partial bars that a series does not give away by itself.
    """
    own = aggregate(candles, timeframe)
    own = own[(own["time"] >= candles["time"][0]) & (own["time"] + timeframe <= _end(candles))]
    _, ours, theirs = np.intersect1d(own["time"], reference["time"], return_indices=True)
    left, right = own[ours], reference[theirs]
    same = np.isclose(left["volume"], right["volume"], rtol=tolerance, atol=0)
    for price in ("open", "high", "low", "close"):
        same &= left[price] == right[price]
    return left["time"][~same]


def _end(candles: np.ndarray) -> int:
    steps = np.diff(candles["time"])
    return int(candles["time"][-1] + (steps.min() if len(steps) else 0))


def _impossible(candles: np.ndarray) -> np.ndarray:
    top = np.maximum(candles["open"], candles["close"])
    bottom = np.minimum(candles["open"], candles["close"])
    return candles["time"][(candles["high"] < top) | (candles["low"] > bottom) | (candles["high"] < candles["low"])]


def _outliers(candles: np.ndarray) -> np.ndarray:
    before = candles["close"][:-1]
    now = candles[1:]
    move = np.maximum(np.abs(now["high"] / before - 1), np.abs(now["low"] / before - 1))
    quiet = now["volume"] <= OUTLIER_VOLUME * np.median(candles["volume"])
    return now["time"][(move > OUTLIER_MOVE) & quiet]


def _partial(candles: np.ndarray, timeframe: int) -> np.ndarray:
    """A bar taken before its end lacks its last trades: its close is not near the next open and its volume is low."""
    if len(candles) < 2 * NEIGHBOURS + 1:
        return candles["time"][:0]
    ranges = candles["high"] - candles["low"]
    jump = np.abs(candles["open"][1:] - candles["close"][:-1])
    usual_range = max(
        np.median(ranges), 4 * np.percentile(jump, 99)
    )  # where spreads are wide, a tick across is no jump
    follows = np.diff(candles["time"]) == timeframe
    windows = np.lib.stride_tricks.sliding_window_view(candles["volume"], 2 * NEIGHBOURS + 1)
    usual = np.pad(np.median(windows, axis=1), NEIGHBOURS, mode="edge")[:-1]
    low = candles["volume"][:-1] < PARTIAL_VOLUME * usual
    return candles["time"][:-1][follows & low & (jump > PARTIAL_JUMP * np.maximum(ranges[:-1], usual_range))]
