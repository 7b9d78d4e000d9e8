"""Where prices come from: recorded candles, or a seeded walk without end in either direction.

Both give a price and a volume for any moment, so that candles of the past and ticks of today tell one story.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sandbox.products import Product

Floats = NDArray[np.float64]
PIECE = 1 << 14


class Feed(Protocol):
    def prices(self, seconds: Floats) -> Floats:
        """The price at each moment (seconds UTC)."""

    def volumes(self, seconds: Floats) -> Floats:
        """Base traded per second around each moment; 0 where nobody trades."""


class Walk:
    """Value noise in octaves: smooth over days, rough over seconds. The same seed gives the same market."""

    PERIODS = (30 * 86400, 6 * 86400, 86400, 6 * 3600, 3600, 900, 240, 60, 20)

    def __init__(self, price: float, daily_volume: float, seed: int, volatility: float = 0.03) -> None:
        self._price, self._rate = price, max(daily_volume, 0.0) / 86400
        self._seed, self._volatility = np.uint64(seed & 0xFFFFFFFFFFFFFFFF), volatility
        self._anchor, self._origin, self._speed = 0.0, 0.0, 1.0

    def start_at(self, seconds: float, speed: float = 1.0) -> None:
        """The listed price is the one of this moment; ``speed``: seconds of the walk in a second."""
        self._origin, self._speed = seconds, speed
        self._anchor = float(self._height(np.array([seconds]))[0])

    def prices(self, seconds: Floats) -> Floats:
        return np.asarray(self._price * np.exp(self._height(self._walked(seconds)) - self._anchor))

    def volumes(self, seconds: Floats) -> Floats:
        return np.asarray(self._rate * self._speed * np.exp(0.8 * self._noise(self._walked(seconds), 600.0, 99)))

    def _walked(self, seconds: Floats) -> Floats:
        return self._origin + (seconds - self._origin) * self._speed

    def _height(self, seconds: Floats) -> Floats:
        """Piece by piece: a year of minutes takes half the time while its numbers stay in the processor's cache."""
        pieces = np.split(seconds, range(PIECE, len(seconds), PIECE))
        return np.concatenate([self._piece(piece) for piece in pieces])

    def _piece(self, seconds: Floats) -> Floats:
        total = np.zeros(len(seconds))
        for octave, period in enumerate(self.PERIODS):
            total += self._volatility * np.sqrt(period / 86400) * self._noise(seconds, float(period), octave)
        return total

    def _noise(self, seconds: Floats, period: float, octave: int) -> Floats:
        place = seconds / period
        whole = np.floor(place)
        part = place - whole
        ease = part * part * (3 - 2 * part)
        index = whole.astype(np.int64)
        first, last = int(index.min()), int(index.max())
        if last - first < len(index):  # most moments share their two numbers with others: each is drawn once
            drawn = self._random(np.arange(first, last + 2, dtype=np.float64), octave)
            left, right = drawn[index - first], drawn[index - first + 1]
        else:
            left, right = self._random(whole, octave), self._random(whole + 1, octave)
        return np.asarray(left + (right - left) * ease)

    def _random(self, whole: Floats, octave: int) -> Floats:
        """A number in -1 .. 1 for each integer: splitmix64."""
        with np.errstate(over="ignore"):
            bits = whole.astype(np.int64).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
            bits += self._seed + np.uint64(octave + 1) * np.uint64(0xD1B54A32D192ED03)
            bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            bits ^= bits >> np.uint64(31)
        return np.asarray((bits >> np.uint64(11)).astype(np.float64) / 2**52 - 1)


def walks(seed: int, origin: float, speed: float = 1.0) -> Callable[[Product, int], Walk]:
    """Makes each product a walk of its own, through its listed price at ``origin`` (seconds UTC)."""

    def walk(product: Product, now: int) -> Walk:
        name = sum(ord(letter) * 31**place for place, letter in enumerate(product.symbol))
        made = Walk(float(product.listed_price), float(product.listed_volume), seed * 1_000_003 + name)
        made.start_at(origin, speed)
        return made

    return walk


class Recording:
    """Candles walked open, nearer extreme, farther extreme, close; at their end they run backwards, and so on.

    ``speed``: seconds of the recording in a second of the exchange. ``origin``: when the recording begins.
    """

    def __init__(self, rows: Floats, origin: float, speed: float = 1.0) -> None:
        """``rows``: time, open, high, low, close, volume; times rise. Raises ValueError for fewer than two."""
        if len(rows) < 2:
            raise ValueError(f"a recording must have at least two candles, had {len(rows)}")
        self._time, self._origin, self._speed = rows[:, 0], origin, speed
        self._step = float(np.min(np.diff(self._time)))
        opening, high, low, close = rows[:, 1], rows[:, 2], rows[:, 3], rows[:, 4]
        up_first = high - opening < opening - low
        self._corners = np.stack([opening, np.where(up_first, high, low), np.where(up_first, low, high), close])
        self._volume = rows[:, 5] / self._step
        self._length = float(self._time[-1] + self._step - self._time[0])

    def prices(self, seconds: Floats) -> Floats:
        index, part = self._find(seconds)
        leg = np.minimum((part * 3).astype(np.int64), 2)
        start, end = self._corners[leg, index], self._corners[leg + 1, index]
        return np.asarray(start + (end - start) * np.minimum(part * 3 - leg, 1.0))

    def volumes(self, seconds: Floats) -> Floats:
        index, part = self._find(seconds)
        return np.asarray(np.where(part < 1, self._volume[index] * self._speed, 0.0))

    def _find(self, seconds: Floats) -> tuple[NDArray[np.int64], Floats]:
        """The candle of each moment and how far it is through; 1 in a gap after it."""
        place = np.mod((seconds - self._origin) * self._speed, 2 * self._length)
        place = np.where(place >= self._length, 2 * self._length - place - 1e-6, place) + self._time[0]
        index = np.clip(np.searchsorted(self._time, place, "right") - 1, 0, len(self._time) - 1)
        return index, np.minimum((place - self._time[index]) / self._step, 1.0)


def recording(path: Path, origin: float, speed: float) -> Recording:
    """Reads a Parquet file with columns time, open, high, low, close, volume. Raises ValueError for any other."""
    from pyarrow import ArrowInvalid, parquet  # noqa: PLC0415  (slow to load, and not needed for a seeded market)

    names = ["time", "open", "high", "low", "close", "volume"]
    try:
        table = parquet.read_table(path, columns=names)
    except ArrowInvalid as error:
        raise ValueError(f"{path} must be Parquet with columns {', '.join(names)}: {error}") from None
    if table.column_names != names:
        raise ValueError(f"{path} must have columns {', '.join(names)}, had {', '.join(table.column_names)}")
    columns = [column.to_numpy().astype(np.float64) for column in table.columns]
    return Recording(np.stack(columns, axis=1), origin, speed)


def recordings(folder: Path) -> dict[str, Path]:
    """Product -> file, of files called ``..._BTC-USD_1m.parquet``; of several the finest, then Coinbase's own."""
    sizes: Sequence[str] = ("1m", "5m", "15m", "1h", "6h", "1d")
    found: dict[str, tuple[int, bool, Path]] = {}
    for path in sorted(folder.glob("*.parquet")):
        for part, size in zip(path.stem.split("_"), path.stem.split("_")[1:], strict=False):
            if "-" in part and size in sizes:
                rank = sizes.index(size), not path.stem.startswith("coinbase"), path
                found[part] = min(found.get(part, rank), rank)
    return {symbol: path for symbol, (*_, path) in found.items()}
