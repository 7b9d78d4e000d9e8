"""An account's worth over a range of market time, with deposits told apart from gains."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

import numpy as np

from engine.metrics import daily_returns

DAY = 86_400
STEP = timedelta(seconds=1)


@dataclass(frozen=True)
class Point:
    at: datetime  # market time
    equity: Decimal
    deposited: Decimal  # paid in less paid out since the run began


@dataclass(frozen=True)
class DayRow:
    """A UTC day. Money in the account's currency; ``ratio`` is time-weighted."""

    day: date
    equity: Decimal  # at its end
    paid_in: Decimal
    net: Decimal  # what trading made: the change of equity without what was paid in
    ratio: float
    drawdown: float  # below the highest level so far, at its end


class Stretch:
    """At least two points in time order; the first is what the rest is measured against."""

    def __init__(self, points: list[Point]) -> None:
        if len(points) < 2:
            raise ValueError(f"points must be at least 2, were {len(points)}")
        self.points = points
        self.times = np.array([int(point.at.timestamp()) for point in points])

    @property
    def first(self) -> Point:
        return self.points[0]

    @property
    def last(self) -> Point:
        return self.points[-1]

    @property
    def paid_in(self) -> Decimal:
        return self.last.deposited - self.first.deposited

    @property
    def net(self) -> Decimal:
        """What trading made."""
        return self.last.equity - self.first.equity - self.paid_in

    @cached_property
    def levels(self) -> np.ndarray:
        """Time-weighted worth: what the first equity would have become had nothing been paid in or out since.

        Between two points worth grows by (equity - paid in) / equity before.
        """
        equity = np.array([float(point.equity) for point in self.points])
        deposited = np.array([float(point.deposited) for point in self.points])
        grown = equity[1:] - np.diff(deposited)
        factors = np.divide(grown, equity[:-1], out=np.ones(len(grown)), where=equity[:-1] > 0)
        return np.concatenate((equity[:1], equity[0] * np.cumprod(factors)))

    @cached_property
    def returns(self) -> np.ndarray:
        """Of each UTC day, time-weighted."""
        return daily_returns(self.times[1:], self.levels[1:], float(self.levels[0]))

    @cached_property
    def days(self) -> list[DayRow]:
        """Every UTC day from the first to the last; midnight belongs to the day it ends."""
        ends = self._day_ends()
        levels = np.concatenate((self.levels[:1], self.levels[ends]))
        falls = 1 - levels / np.maximum.accumulate(levels)
        rows, before, day = [], self.first, _day_of(self.points[1].at)
        for index, end in enumerate(ends):
            point = self.points[end]
            paid_in = point.deposited - before.deposited
            net = point.equity - before.equity - paid_in
            row = DayRow(day, point.equity, paid_in, net, float(self.returns[index]), float(falls[index + 1]))
            rows.append(row)
            before, day = point, day + timedelta(days=1)
        return rows

    def _day_ends(self) -> list[int]:
        """Index of each day's last point; of the day before where a day has none."""
        days = (self.times[1:] - 1) // DAY
        ends = np.searchsorted(days, np.arange(days[0], days[-1] + 1), side="right")
        return [int(end) for end in ends]


def _day_of(at: datetime) -> date:
    return (at.astimezone(UTC) - STEP).date()
