"""The equity curve and its drawdown as paths of an SVG: drawn here, so that the page needs no script for it.

Coordinates are for the eye: floats in a box of WIDTH x HEIGHT, stretched by the browser.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, F, Max, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from apps.accounts.models import TradingAccount
from apps.portfolio.models import EquitySnapshot
from apps.portfolio.selectors import snapshots

WIDTH, HEIGHT = 1000, 100
POINTS = 300  # steps of a line, at most
RANGES: dict[str, timedelta | None] = {
    "1D": timedelta(days=1),
    "1W": timedelta(weeks=1),
    "1M": timedelta(days=30),
    "3M": timedelta(days=91),
    "1Y": timedelta(days=365),
    "All": None,
}

Point = tuple[datetime, Decimal]


@dataclass(frozen=True)
class Curve:
    """Paths and the numbers beside them."""

    line: str
    area: str
    base: float  # height of the first value
    drawdown: str
    first: Point
    last: Point
    high: Decimal
    low: Decimal
    deepest: Decimal  # ratio below the peak within the range
    points: list[Point]
    other: str = ""  # what it is compared with, on the same scale

    @property
    def change(self) -> Decimal:
        return self.last[1] / self.first[1] - 1

    @property
    def rising(self) -> bool:
        return self.last[1] >= self.first[1]


def equity_curve(account: TradingAccount, name: str, now: Decimal | None, at: datetime | None) -> Curve | None:
    """Of the account's present run over a range of market time, ending in its present equity; None under two points."""
    rows = snapshots(account)
    last = rows.aggregate(last=Max("at"))["last"]
    if last is None:
        return None
    ends = [(at, now)] if now is not None and at is not None and at > last else []
    length = RANGES[name]
    if length is not None:
        rows = rows.filter(at__gte=(ends[0][0] if ends else last) - length)
    points = [*_thinned_rows(rows), *ends]
    return draw(points) if len(points) > 1 else None


def _thinned_rows(rows: QuerySet[EquitySnapshot]) -> list[Point]:
    """As ``thinned`` does, in the database: a year has 35,000 of them. Leaves room for one point more."""
    count = rows.aggregate(count=Count("pk"))["count"]
    step = _step(count, POINTS - 2)
    numbered = rows.annotate(number=Window(RowNumber(), order_by="at")).annotate(place=F("number") % step)
    return list(numbered.filter(Q(place=1 % step) | Q(number=count)).order_by("at").values_list("at", "equity"))


def draw(points: Sequence[Point], other: Sequence[Decimal] = ()) -> Curve:
    """At least two points, in time order, equity above zero; ``other``: as many values to compare with, or none."""
    kept = thinned(points)
    values = [value for _, value in kept]
    others = thinned(other)
    low, high = min(values + others), max(values + others)
    room = (high - low) * Decimal("0.08") or high * Decimal("0.001")
    bottom, top = float(low - room), float(high + room)
    xs = _positions([at for at, _ in kept])
    ys, beside = (
        [HEIGHT * (1 - (float(value) - bottom) / (top - bottom)) for value in row] for row in (values, others)
    )
    falls = _drawdowns(values)
    deepest = max(falls)
    scale = HEIGHT / float(deepest or 1)
    line = _path(xs, ys)
    return Curve(
        line=line,
        area=f"{line}V{HEIGHT}H0Z",
        base=round(ys[0], 2),
        drawdown=f"M0 0{_path(xs, [float(fall) * scale for fall in falls]).replace('M', 'L')}V0Z",
        first=kept[0],
        last=kept[-1],
        high=high,
        low=low,
        deepest=deepest,
        points=kept,
        other=_path(xs, beside) if others else "",
    )


def thinned[T](points: Sequence[T]) -> list[T]:
    """At most POINTS steps between them, the first and the last kept. Thinning again changes nothing."""
    step = _step(len(points), POINTS)
    kept = list(points[::step])
    return kept if (len(points) - 1) % step == 0 else [*kept, points[-1]]


def _step(count: int, most: int) -> int:
    """From one point drawn to the next, so that ``count`` points make at most ``most`` steps and the one to the end."""
    return max(1, -(-(count - 1) // most))


def _positions(times: Sequence[datetime]) -> list[float]:
    whole = (times[-1] - times[0]).total_seconds()
    return [WIDTH * (at - times[0]).total_seconds() / whole for at in times]


def _heights(values: Sequence[Decimal], bottom: float, top: float) -> list[float]:
    return [HEIGHT * (1 - (float(value) - bottom) / (top - bottom)) for value in values]


def _drawdowns(values: Sequence[Decimal]) -> list[Decimal]:
    peak = values[0]
    falls = []
    for value in values:
        peak = max(peak, value)
        falls.append(1 - value / peak)
    return falls


def _path(xs: Sequence[float], ys: Sequence[float]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.2f}" for x, y in zip(xs, ys, strict=True))
