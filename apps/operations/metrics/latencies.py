"""Quantiles of what happened last."""

from collections.abc import Iterable
from statistics import quantiles as cut

NEWEST = 500  # rows that a latency is taken from


def quantiles(seconds: Iterable[float]) -> list[tuple[dict[str, str], float | None]]:
    """Median, 95th and 99th percentile as labelled values; none below two observations."""
    found = list(seconds)
    if len(found) < 2:
        return []
    points = cut(found, n=100, method="inclusive")
    return [({"quantile": f"0.{point}"}, points[point - 1]) for point in (50, 95, 99)]
