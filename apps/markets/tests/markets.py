"""Small markets for tests."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from apps.markets.models import MarketSession, Product
from apps.markets.recordings import DEFAULT, RECORDINGS, Recording
from engine.records import CANDLE

DAY = 86_400
START = 1_581_292_800  # 2020-02-10T00:00:00Z


def product(venue: str = "replay", symbol: str = "BTC-USD") -> Product:
    base, quote = symbol.split("-")
    return Product.objects.create(
        venue=venue,
        symbol=symbol,
        base=base,
        quote=quote,
        base_increment=Decimal("0.00000001"),
        quote_increment=Decimal("0.01"),
        base_min_size=Decimal("0.00000001"),
        quote_min_size=Decimal(1),
    )


def session(venue: str = "replay", **fields) -> MarketSession:
    return MarketSession.objects.create(venue=venue, title="a test", **fields)


def bars(count: int, *, start: int = START, step: int = 60, seed: int = 1) -> np.ndarray:
    """A random walk on the cent."""
    random = np.random.default_rng(seed)
    candles = np.zeros(count, CANDLE)
    candles["time"] = start + step * np.arange(count)
    candles["close"] = np.round(10_000 + np.cumsum(random.normal(0, 5, count)), 2)
    candles["open"] = np.round(np.roll(candles["close"], 1) + random.normal(0, 0.5, count), 2)
    candles["open"][0] = 10_000
    candles["high"] = np.round(np.maximum(candles["open"], candles["close"]) + random.random(count), 2)
    candles["low"] = np.round(np.minimum(candles["open"], candles["close"]) - random.random(count), 2)
    candles["volume"] = np.round(random.exponential(3, count), 8)
    return candles


def recording(folder: Path, candles: np.ndarray, *, history: int = 3600, symbol: str = "BTC-USD") -> Recording:
    """A recording of the candles, written to the folder."""
    file = folder / f"{symbol}.parquet"
    parquet.write_table(pa.table({name: candles[name] for name in candles.dtype.names}), file)
    listing = replace(RECORDINGS[DEFAULT].listings[0], symbol=symbol, file=file)
    return Recording(key="test", title="recorded test market", listings=(listing,), history=history)
