"""Tables as files for spreadsheets: UTC ISO times, full precision, no cell that a spreadsheet would run."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from apps.operations.streaming import streamed

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
CONTENT = "text/csv; charset=utf-8"
CHUNK = 65_536  # characters gathered before they are sent

Cell = str | int | Decimal | datetime | None


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    answer = HttpResponse(b"".join(_chunks(header, rows)), content_type=CONTENT)
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def csv_stream(
    request: HttpRequest, name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> StreamingHttpResponse:
    """The same for a long table: sent while ``rows`` are read."""
    return streamed(request, _chunks(header, rows), name=f"{name}.csv", content_type=CONTENT)


def _chunks(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    for row in rows:
        writer.writerow([cell_text(cell) for cell in row])
        if out.tell() >= CHUNK:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


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
