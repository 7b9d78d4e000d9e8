"""Tables as files for spreadsheets: UTC ISO times, full precision, no cell that a spreadsheet would run."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from django.http import HttpResponse

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | int | Decimal | datetime | None


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([cell_text(cell) for cell in row] for row in rows)
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def cell_text(cell: Cell) -> str:
    """Text that begins like a formula gets an apostrophe in front; numbers keep their sign and every digit."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    if isinstance(cell, str) and cell.startswith(FORMULA):
        return f"'{cell}"
    return str(cell)
