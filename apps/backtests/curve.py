"""Equity beside buy and hold, and the drawdown, as paths of an SVG: drawn here, so that the page needs no script.

Coordinates are for the eye: floats in a box of WIDTH x HEIGHT, stretched by the browser.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from apps.operations.formats import moment

WIDTH, HEIGHT = 1000, 100
ROWS = 24  # of the table beside it


@dataclass(frozen=True)
class Curve:
    """Paths and the numbers beside them; money in quote, drawdowns as ratios."""

    equity: str
    area: str
    hold: str
    base: float  # height of the cash it began with
    drawdown: str
    first: datetime | None
    last: datetime | None
    high: float
    low: float
    deepest: float
    rows: list[tuple[datetime | None, float, float, float]]


def draw(points: np.ndarray) -> Curve:
    """From POINT records (apps.backtests.arrays), two or more."""
    both = np.concatenate((points["equity"], points["hold"]))
    low, high = float(both.min()), float(both.max())
    room = (high - low) * 0.08 or high * 0.001
    span = points["time"][-1] - points["time"][0]
    across = WIDTH * (points["time"] - points["time"][0]) / max(span, 1)

    def line(values: np.ndarray) -> str:
        heights = HEIGHT * (1 - (values - low + room) / (high - low + 2 * room))
        return "M" + "L".join(f"{x:.1f} {y:.2f}" for x, y in zip(across, heights, strict=True))

    equity = line(points["equity"])
    deepest = float(points["depth"].max())
    depths = points["depth"] * (HEIGHT / (deepest or 1))
    fall = "".join(f"L{x:.1f} {y:.2f}" for x, y in zip(across, depths, strict=True))
    some = points[np.unique(np.linspace(0, len(points) - 1, ROWS).astype("i8"))]
    return Curve(
        equity=equity, area=f"{equity}V{HEIGHT}H0Z", hold=line(points["hold"]),
        base=float(equity[1:].split("L", 1)[0].split(" ")[1]), drawdown=f"M0 0{fall}V0Z",
        first=moment(int(points["time"][0])), last=moment(int(points["time"][-1])), high=high, low=low, deepest=deepest,
        rows=[(moment(time), *values) for time, *values in some.tolist()],
    )  # fmt: skip
