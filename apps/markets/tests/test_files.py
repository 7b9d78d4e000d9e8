"""Candle files: what is read, and what each bad file is told."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from apps.markets.files import CandleFileError, read_candles, read_rows
from engine.records import CANDLE

T = 1_580_515_200  # 2020-02-01T00:00:00Z
HEADER = "time,open,high,low,close,volume\n"


def columns(times: list) -> dict[str, list]:
    count = len(times)
    return {
        "time": times,
        "open": [100.0] * count,
        "high": [102.5] * count,
        "low": [99.0] * count,
        "close": [101.0] * count,
        "volume": [3.25] * count,
    }


def write_parquet(folder: Path, data: dict[str, list]) -> Path:
    path = folder / "candles.parquet"
    parquet.write_table(pa.table(data), path)
    return path


def write_csv(folder: Path, text: str) -> Path:
    path = folder / "candles.csv"
    path.write_text(text)
    return path


def test_it_reads_parquet_into_candle_records(tmp_path):
    candles = read_candles(write_parquet(tmp_path, columns([T, T + 60])))
    assert candles.dtype == CANDLE
    assert candles.tolist() == [(T, 100.0, 102.5, 99.0, 101.0, 3.25), (T + 60, 100.0, 102.5, 99.0, 101.0, 3.25)]


@pytest.mark.parametrize(
    "time",
    [
        "1580515200",
        "1580515200.0",
        "1580515200000",
        "1580515200000000",
        "2020-02-01T00:00:00Z",
        "2020-02-01 00:00:00",
        "2020-02-01",
        "2020-02-01T01:00:00+01:00",
    ],
)
def test_it_reads_times_in_seconds_milliseconds_and_iso(tmp_path, time):
    candles = read_candles(write_csv(tmp_path, f"{HEADER}{time}, 100 ,102.5,99,1.01e2,3.25\n"))
    assert candles.tolist() == [(T, 100.0, 102.5, 99.0, 101.0, 3.25)]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_it_reads_timestamps_of_parquet(tmp_path, unit):
    data = columns([0]) | {"time": pa.array([datetime.fromtimestamp(T, UTC)], pa.timestamp(unit, "UTC"))}
    assert read_candles(write_parquet(tmp_path, data))["time"].tolist() == [T]


def test_it_reads_milliseconds_of_parquet(tmp_path):
    assert read_candles(write_parquet(tmp_path, columns([T * 1000])))["time"].tolist() == [T]


def test_it_sorts_bars_by_time_but_leaves_rows_as_they_stand(tmp_path):
    path = write_parquet(tmp_path, columns([T + 60, T]))
    assert read_candles(path)["time"].tolist() == [T, T + 60]
    assert read_rows(path)["time"].tolist() == [T + 60, T]


def test_it_ignores_other_columns_and_the_case_of_names(tmp_path):
    path = write_csv(tmp_path, f"Volume,Close,Low,High,Open,Time,Trades\n3.25,101,99,102.5,100,{T},7\n")
    assert read_candles(path).tolist() == [(T, 100.0, 102.5, 99.0, 101.0, 3.25)]


BAD_ROWS = [
    ("{t},100,102,99,x,1", "row 1, column close: must be a number, was x"),
    ("{t},100,102,99,,1", "row 1, column close: must be a number, was "),
    ("{t},nan,102,99,101,1", "row 1, column open: must be a number, was nan"),
    ("{t},0,102,99,101,1", "row 1, column open: must be a number above 0, was 0.0"),
    ("{t},100,102,-99,101,1", "row 1, column low: must be a number above 0, was -99.0"),
    ("{t},100,1e999,99,101,1", "row 1, column high: must be a number above 0, was inf"),
    ("{t},100,102,99,101,-1", "row 1, column volume: must be a number 0 or more, was -1.0"),
    ("{t},100,98,99,98.5,1", "row 1, column high: must be at least low, was 98.0"),
    ("{t},100,102,99,103,1", "row 1, column high: must be at least close, was 102.0"),
    ("{t},100,102,99,98,1", "row 1, column low: must be at most close, was 99.0"),
    ("{t}.5,100,102,99,101,1", "row 1, column time: must be a whole second, was 1580515200.5"),
    ("-60,100,102,99,101,1", "row 1, column time: must be 1970 or later, was -60"),
    ("yesterday,100,102,99,101,1", "row 1, column time: must be seconds or milliseconds since 1970 or an ISO 8601"),
    ("{t},1,1,1,1,1\n{t},1,1,1,1,1", "row 2, column time: must occur once, was 2020-02-01T00:00:00Z again"),
    ("{t},1,1,1,1,1\nx,1,1,1,1,1", "row 2, column time: must be a number, was x"),
]


@pytest.mark.parametrize(("rows", "message"), BAD_ROWS)
def test_it_names_row_column_and_rule_of_a_bad_value(tmp_path, rows, message):
    path = write_csv(tmp_path, HEADER + rows.format(t=T) + "\n")
    with pytest.raises(CandleFileError) as caught:
        read_candles(path)
    assert str(caught.value).startswith(f"{path}, {message}")


def test_it_names_row_and_column_of_a_missing_number_in_parquet(tmp_path):
    path = write_parquet(tmp_path, columns([T, T + 60]) | {"low": [99.0, None]})
    with pytest.raises(CandleFileError, match="row 2, column low: must be a number, was None"):
        read_candles(path)
    path = write_parquet(tmp_path, columns([T, T + 60]) | {"low": [99.0, float("nan")]})
    with pytest.raises(CandleFileError, match="row 2, column low: must be a number above 0, was nan"):
        read_candles(path)


def test_it_refuses_a_column_that_holds_no_numbers(tmp_path):
    with pytest.raises(CandleFileError, match="column volume: must hold numbers, was bool"):
        read_candles(write_parquet(tmp_path, columns([T]) | {"volume": [True]}))


def test_it_names_the_missing_columns(tmp_path):
    path = write_csv(tmp_path, "time,open,high,close\n")
    with pytest.raises(CandleFileError, match="column low, volume: must be in the file, was missing; its columns are"):
        read_candles(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.parquet", None, "must exist, was not found"),
        ("candles.txt", HEADER, "must end in .parquet or .csv, was '.txt'"),
        ("candles.parquet", HEADER, "must be a readable parquet file"),
        ("candles.parquet", "", "must be a readable parquet file"),
        ("candles.csv", "", "must be a readable csv file"),
        ("candles.csv", HEADER, "must hold at least one bar, was empty"),
        ("candles.csv", "time,open,high,low,close,volume,Low\n", "columns must be named once"),
        ("candles.csv", HEADER + "1,2,3\n", "must be a readable csv file"),
    ],
)
def test_it_refuses_what_is_not_a_candle_file(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(CandleFileError) as caught:
        read_candles(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert message in str(caught.value)


def test_it_refuses_a_folder(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(CandleFileError, match="must be a file, was a folder"):
        read_candles(tmp_path / "folder.csv")


def test_it_reads_what_parquet_wrote_bit_for_bit(tmp_path):
    random = np.random.default_rng(7)
    data = columns([T + 60 * i for i in range(500)])
    data["open"] = data["close"] = (99 + 3 * random.random(500)).tolist()
    data["high"] = [102.5] * 500
    candles = read_candles(write_parquet(tmp_path, data))
    assert candles["open"].tolist() == data["open"]
