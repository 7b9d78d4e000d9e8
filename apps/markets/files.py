"""Candle files: Parquet or CSV with the columns time, open, high, low, close, volume.

Only commands and the stream import this module: pyarrow is too heavy for the web process.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import numpy as np
import pyarrow as pa
from pyarrow import compute, csv, parquet, types

from engine.records import CANDLE

COLUMNS = ("time", "open", "high", "low", "close", "volume")
NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
SECONDS_BELOW = 10**11  # a larger time is in milliseconds or finer; this many seconds is the year 5138
MICRO = 10**6
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CandleFileError(ValueError):
    """A candle file cannot be used. ``row`` counts bars from 1 in the order of the file."""

    def __init__(self, path: Path, rule: str, *, column: str = "", row: int | None = None) -> None:
        self.path, self.rule, self.column, self.row = path, rule, column, row
        place = [str(path), *([f"row {row}"] if row else []), *([f"column {column}"] if column else [])]
        super().__init__(f"{', '.join(place)}: {rule}")


def read_candles(path: str | Path) -> np.ndarray:
    """Bars of a Parquet or CSV file as CANDLE records in time order, each time once.

    Times may be whole seconds, milliseconds (or finer) since 1970, timestamps, or ISO 8601 text (UTC unless it names a
    zone). Raises CandleFileError, which names file, row, column and rule, for anything that cannot be a bar.
    """
    path = Path(path)
    candles = read_rows(path)
    _check_shape(path, candles)
    order = np.argsort(candles["time"], kind="stable")
    again = np.flatnonzero(np.diff(candles["time"][order]) == 0)
    if len(again):
        row = int(order[again[0] + 1])
        _refuse(path, "time", row, f"must occur once, was {np.datetime64(int(candles['time'][row]), 's')}Z again")
    return candles[order]


def read_rows(path: Path) -> np.ndarray:
    """Like read_candles, but in the order of the file and with each value checked alone: for the quality report."""
    table = _table(path)
    names = {name.strip().lower(): name for name in table.column_names}
    missing = ", ".join(column for column in COLUMNS if column not in names)
    if missing:
        found = ", ".join(table.column_names) or "none"
        raise CandleFileError(path, f"must be in the file, was missing; its columns are {found}", column=missing)
    if len(names) < len(table.column_names):
        raise CandleFileError(path, f"columns must be named once, were {', '.join(table.column_names)}")
    if table.num_rows == 0:
        raise CandleFileError(path, "must hold at least one bar, was empty")
    candles = np.empty(table.num_rows, dtype=CANDLE)
    candles["time"] = _times(path, table.column(names["time"]).combine_chunks())
    for column in COLUMNS[1:]:
        values = _numbers(path, column, table.column(names[column]).combine_chunks())
        positive, least = (values >= 0, "0 or more") if column == "volume" else (values > 0, "above 0")
        _require(path, column, positive & np.isfinite(values), f"must be a number {least}", values)
        candles[column] = values
    return candles


def _table(path: Path) -> pa.Table:
    kind = path.suffix.lower().lstrip(".")
    if kind not in ("parquet", "csv"):
        raise CandleFileError(path, f"must end in .parquet or .csv, was '{path.suffix}'")
    if not path.is_file():
        raise CandleFileError(path, "must be a file, was a folder" if path.is_dir() else "must exist, was not found")
    try:
        if kind == "parquet":
            return parquet.read_table(path)
        text = dict.fromkeys(csv.open_csv(path).schema.names, pa.string())  # we parse, so that we can name the row
        return csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=text))
    except (pa.ArrowException, OSError) as error:
        raise CandleFileError(path, f"must be a readable {kind} file, was refused: {error}") from error


def _numbers(path: Path, column: str, values: pa.Array) -> np.ndarray:
    numeric = types.is_integer(values.type) or types.is_floating(values.type) or types.is_decimal(values.type)
    if _is_text(values):
        _require(path, column, _look_like_numbers(values), "must be a number", values)
        values = compute.utf8_trim_whitespace(values)
    elif not numeric:
        raise CandleFileError(path, f"must hold numbers, was {values.type}", column=column)
    _require(path, column, _mask(values.is_valid()), "must be a number", values)
    return values.cast(pa.float64()).to_numpy(zero_copy_only=False)


def _times(path: Path, values: pa.Array) -> np.ndarray:
    _require(path, "time", _mask(values.is_valid()), "must be a time", values)
    unit = 1
    if types.is_timestamp(values.type) or types.is_date(values.type):
        micros = values.cast(pa.timestamp("us", getattr(values.type, "tz", None)))
        ticks, unit = micros.cast(pa.int64()).to_numpy(), MICRO
    elif _is_text(values) and not _look_like_numbers(values)[0]:
        ticks, unit = np.array([_micros(path, row, text.as_py()) for row, text in enumerate(values)]), MICRO
    else:
        ticks = values.to_numpy() if types.is_integer(values.type) else _numbers(path, "time", values)
        while ticks.max() >= SECONDS_BELOW * unit:
            unit *= 1000
    seconds = ticks // unit
    _require(path, "time", seconds * unit == ticks, "must be a whole second", values)
    _require(path, "time", seconds >= 0, "must be 1970 or later", values)
    return seconds.astype(np.int64)


def _micros(path: Path, row: int, text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        _refuse(path, "time", row, f"must be seconds or milliseconds since 1970 or an ISO 8601 time, was {text!r}")
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // timedelta(microseconds=1)


def _check_shape(path: Path, candles: np.ndarray) -> None:
    high, low = candles["high"], candles["low"]
    for column in ("low", "open", "close"):
        _require(path, "high", high >= candles[column], f"must be at least {column}", high)
    for column in ("open", "close"):
        _require(path, "low", low <= candles[column], f"must be at most {column}", low)


def _is_text(values: pa.Array) -> bool:
    return types.is_string(values.type) or types.is_large_string(values.type)


def _look_like_numbers(values: pa.Array) -> np.ndarray:
    return _mask(compute.fill_null(compute.match_substring_regex(values, NUMBER), False))


def _mask(values: pa.Array) -> np.ndarray:
    return values.to_numpy(zero_copy_only=False)


def _require(path: Path, column: str, good: np.ndarray, rule: str, values: np.ndarray | pa.Array) -> None:
    """Refuses the first value that is not good."""
    bad = np.flatnonzero(~good)
    if len(bad):
        value = values[int(bad[0])]
        _refuse(path, column, int(bad[0]), f"{rule}, was {value.as_py() if isinstance(value, pa.Scalar) else value}")


def _refuse(path: Path, column: str, row: int, rule: str) -> NoReturn:
    raise CandleFileError(path, rule, column=column, row=row + 1)
