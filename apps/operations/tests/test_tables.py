"""CSV files for spreadsheets."""

import csv
import io
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.operations.tables import FORMULA, cell_text, csv_response, csv_stream


@pytest.mark.parametrize("text", ["=1+1", "+1", "-cmd", "@SUM(A1)", "\tx", "\rx"])
def test_it_defuses_text_that_a_spreadsheet_would_run(text):
    assert cell_text(text) == f"'{text}"


def test_it_keeps_numbers_whole():
    assert cell_text(Decimal("-0.000000000000000001")) == "-0.000000000000000001"
    assert cell_text(Decimal("1E+3")) == "1000"


def test_it_writes_times_in_utc():
    at = datetime(2020, 2, 3, 15, 5, tzinfo=timezone(timedelta(hours=1)))
    assert cell_text(at) == "2020-02-03T14:05:00Z"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1, max_size=4))
def test_it_reads_back_as_it_was_written(cells):
    answer = csv_response("x", ["a"], [cells])
    row = list(csv.reader(io.StringIO(answer.content.decode(), newline="")))[-1]
    assert row == [f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells]


async def test_a_long_table_is_sent_while_it_is_read(async_rf):
    read = 0

    def rows():
        nonlocal read
        for read in range(1, 20_001):
            yield [read, "x" * 20]

    answer = csv_stream(async_rf.get("/"), "x", ["number", "text"], rows())
    chunks = aiter(answer)
    body = await anext(chunks)
    assert read < 10_000
    async for chunk in chunks:
        body += chunk
    table = list(csv.reader(io.StringIO(body.decode())))
    assert (len(table), table[0], table[-1]) == (20_001, ["number", "text"], ["20000", "x" * 20])
