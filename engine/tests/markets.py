"""Candles for tests: generated ones that trade often, and real ones where they are at hand."""

from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from engine.records import CANDLE

RECORDED = "shared/data/candles"  # beside the checkout, or further up for a second work tree


def candles(rows: list[tuple[float, float, float, float, float]], start: int = 0, step: int = 60) -> np.ndarray:
    """Bars from (open, high, low, close, volume), one each ``step`` seconds."""
    bars = np.zeros(len(rows), CANDLE)
    bars["time"] = start + step * np.arange(len(rows))
    for column, name in enumerate(("open", "high", "low", "close", "volume")):
        bars[name] = [row[column] for row in rows]
    return bars


def random_market(count: int, seed: int = 1, step: int = 60, gaps: float = 0.0) -> np.ndarray:
    """A random walk with bursts of volume, on a grid of cents; ``gaps``: share of bars left out."""
    random = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(random.normal(0, 0.0015, count))), 2)
    opening = np.round(np.concatenate(([100.0], close[:-1])) * (1 + random.normal(0, 0.0002, count)), 2)
    wick = np.abs(random.normal(0, 0.001, (2, count)))
    bars = np.zeros(count, CANDLE)
    bars["time"] = 1_700_000_040 + step * np.arange(count)
    bars["open"], bars["close"] = opening, close
    bars["high"] = np.round(np.maximum(opening, close) * (1 + wick[0]), 2)
    bars["low"] = np.round(np.minimum(opening, close) * (1 - wick[1]), 2)
    bars["volume"] = random.lognormal(1, 1, count)
    return bars[random.random(count) >= gaps]


def real_market(name: str, count: int | None = None) -> np.ndarray:
    """The first bars of a recorded file beside the checkout; skips the test where it is missing."""
    path = next((folder / RECORDED / name for folder in Path(__file__).parents if (folder / RECORDED).is_dir()), None)
    if path is None:
        pytest.skip(f"needs {name} in ../{RECORDED}")
    table = parquet.read_table(path).slice(0, count)
    bars = np.zeros(table.num_rows, CANDLE)
    for column in CANDLE.names or ():
        bars[column] = table[column].to_numpy()
    return bars
