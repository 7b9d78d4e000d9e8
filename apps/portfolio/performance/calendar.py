"""Daily results as calendars, one drawing a month, and their sums as bars by month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from math import ceil

from apps.operations.formats import MINUS
from apps.portfolio.performance.stretch import DayRow

CELL, HEAD = 46, 20  # px: a day, the line of weekday names
STEPS = 4  # strengths of the colour


@dataclass(frozen=True)
class Cell:
    """A day in its place. ``strength`` 1..STEPS by how large the result is among all shown, 0 for none."""

    row: DayRow
    x: int
    y: int
    strength: int

    @property
    def tone(self) -> str:
        return "up" if self.row.net > 0 else "down" if self.row.net < 0 else "even"

    @property
    def short(self) -> str:
        """Sign and amount in at most five characters."""
        return brief(self.row.net)


@dataclass(frozen=True)
class Month:
    first: date
    cells: list[Cell]
    net: Decimal
    length: float  # of the net result, -1..1 of the largest

    @property
    def height(self) -> int:
        return max(cell.y for cell in self.cells) + CELL

    @property
    def gains(self) -> int:
        return sum(cell.row.net > 0 for cell in self.cells)

    @property
    def losses(self) -> int:
        return sum(cell.row.net < 0 for cell in self.cells)


def months(days: Sequence[DayRow]) -> list[Month]:
    """Oldest first."""
    largest = max((abs(row.net) for row in days), default=Decimal(0)) or Decimal(1)
    parts = [(first, list(rows)) for first, rows in groupby(days, key=lambda row: row.day.replace(day=1))]
    sums = [sum((row.net for row in rows), Decimal(0)) for _, rows in parts]
    tallest = max((abs(total) for total in sums), default=Decimal(0)) or Decimal(1)
    return [
        Month(first, _cells(rows, largest), total, float(total / tallest))
        for (first, rows), total in zip(parts, sums, strict=True)
    ]


def _cells(rows: Sequence[DayRow], largest: Decimal) -> list[Cell]:
    """A row a week, from the week of the first day."""
    begins = rows[0].day - timedelta(days=rows[0].day.weekday())
    cells = []
    for row in rows:
        week, weekday = divmod((row.day - begins).days, 7)
        strength = ceil(abs(row.net) / largest * STEPS)
        cells.append(Cell(row, weekday * CELL, HEAD + week * CELL, strength))
    return cells


def brief(amount: Decimal) -> str:
    """+12, −1.2k: for a small place, the sign always shown."""
    size = abs(amount)
    sign = "+" if amount > 0 else MINUS if amount < 0 else ""
    for limit, unit in ((Decimal("999500"), "M"), (Decimal("999.5"), "k")):
        if size >= limit:
            scaled = size / (1_000_000 if unit == "M" else 1000)
            return f"{sign}{scaled:.1f}{unit}" if scaled < 10 else f"{sign}{scaled:.0f}{unit}"
    return f"{sign}{size:.0f}" if size >= 10 or not size else f"{sign}{size:.1f}"
