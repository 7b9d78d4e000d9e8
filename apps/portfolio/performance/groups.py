"""Closed trades by what they have in common."""

from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import ExtractHour

from apps.ledger.models import Position
from apps.operations.formats import percent, reason
from apps.portfolio.kept import kept
from apps.portfolio.performance.run import Run

GROUPS = {"market": "Market", "bot": "Bot", "hour": "Hour", "reason": "Reason"}
FIELDS = {
    "market": F("product__symbol"),
    "bot": F("holder"),
    "hour": ExtractHour("opened", tzinfo=UTC),
    "reason": F("reason"),
}
BARS = 15  # of the distribution, at most
WIDTHS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # of a bar, ratios


@dataclass(frozen=True)
class Group:
    label: str
    key: str
    trades: int
    wins: int
    net: Decimal
    fees: Decimal
    length: float  # of the net result, -1..1 of the largest

    @property
    def win_rate(self) -> float:
        return self.wins / self.trades

    @property
    def average(self) -> Decimal:
        return self.net / self.trades


def groups(run: Run, by: str, names: dict[str, tuple[int, str]]) -> list[Group]:
    """The best first; hours in their order. ``names`` are the bots' by holder."""
    rows = kept(("groups", by, *run.stamp), lambda: _rows(run.trades(), by))
    largest = max((abs(row["total"]) for row in rows), default=Decimal(0)) or Decimal(1)
    return [
        Group(
            _label(by, row["group"], names), str(row["group"]), row["count"], row["wins"], row["total"], row["paid"],
            float(row["total"] / largest),
        )
        for row in rows
    ]  # fmt: skip


def _rows(trades: QuerySet[Position], by: str) -> list[Any]:
    return list(
        trades.annotate(group=FIELDS[by])
        .values("group")
        .annotate(count=Count("pk"), wins=Count("pk", filter=Q(net__gt=0)), total=Sum("net"), paid=Sum("fees"))
        .order_by("group" if by == "hour" else "-total", "group")
    )


def _label(by: str, key: object, names: dict[str, tuple[int, str]]) -> str:
    if by == "bot":
        return names.get(str(key), (0, str(key) or "by hand"))[1]
    if by == "hour":
        return f"{key:02d}:00"
    return reason(str(key)) if by == "reason" else str(key)


@dataclass(frozen=True)
class Bin:
    """Trades whose net result, as a ratio of what was bought, lies in [low, high)."""

    low: float
    high: float
    count: int
    height: float  # 0..1 of the tallest

    @property
    def label(self) -> str:
        return f"{percent(self.low, sign=True, places=1)} to {percent(self.high, sign=True, places=1)}"

    @property
    def width(self) -> float:
        """Of its bar, hundredths."""
        return round(self.height * 100, 2)

    @property
    def gains(self) -> bool:
        return self.low >= 0


def distribution(ratios: np.ndarray) -> list[Bin]:
    """Bars of one width with an edge at zero, so that no bar mixes gains and losses."""
    if not len(ratios):
        return []
    width = next((width for width in WIDTHS if _bars(ratios, width) <= BARS), WIDTHS[-1])
    places = np.floor(np.round(ratios / width, 9)).astype(int)
    low, high = int(min(places.min(), 0)), int(max(places.max(), -1))
    counts = np.bincount(places - low, minlength=high - low + 1)
    tallest = int(counts.max())
    return [
        Bin((low + number) * width, (low + number + 1) * width, int(count), int(count) / tallest)
        for number, count in enumerate(counts)
    ]


def _bars(ratios: np.ndarray, width: float) -> int:
    return int(np.floor(ratios.max() / width) - np.floor(ratios.min() / width)) + 1
