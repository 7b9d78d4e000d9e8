"""Bars that REST knows: what lies before the first minute, and minutes that nobody saw."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from django.db import transaction

from apps.markets.candles import load_range, store_days
from apps.markets.models import TIMEFRAMES, MarketSession, Product
from apps.markets.sources import MINUTE
from engine.records import CANDLE
from exchanges.coinbase.records import Bar
from exchanges.coinbase.rest import MOST_BARS, MarketClient

DAY = 86_400
SOURCE = "coinbase REST"


def bars_of(client: MarketClient, symbol: str, seconds: int, *, start: int, end: int) -> np.ndarray:
    """CANDLE records with ``start`` <= opening time < ``end``. Raises Unavailable, Rejected or Malformed."""
    return records_of(client.candles(symbol, seconds, start=start, end=end))


def records_of(bars: Iterable[Bar]) -> np.ndarray:
    rows = [
        (bar.start, float(bar.open), float(bar.high), float(bar.low), float(bar.close), float(bar.volume))
        for bar in bars
    ]  # fmt: skip
    return np.array(rows, CANDLE)


def history_fetch(client: MarketClient, symbol: str, *, until: int, minutes: int) -> dict[int, np.ndarray]:
    """Closed bars before ``until``: so many minutes, at least those of the day, and a page of each longer timeframe."""
    found = {}
    for seconds in TIMEFRAMES.values():
        span = max(minutes * MINUTE, DAY) if seconds == MINUTE else MOST_BARS * seconds
        bars = bars_of(client, symbol, seconds, start=until - until % seconds - span, end=until)
        found[seconds] = bars[bars["time"] + seconds <= until]
    return found


def history_store(session: MarketSession, product: Product, history: dict[int, np.ndarray]) -> None:
    """Adds bars to the days they belong to; of a bar that is there already, the exchange's own replaces it."""
    with transaction.atomic():
        for seconds, bars in history.items():
            for day in _days(bars):
                start = int(day["time"][0]) // DAY * DAY
                stored = load_range(session, product, seconds, start=start, end=start + DAY)
                merged = _merged(stored, day)
                if merged.tobytes() != stored.tobytes():
                    store_days(session, product, seconds, merged, source=SOURCE, existing="replace")


def _days(bars: np.ndarray) -> list[np.ndarray]:
    cuts = [0, *(np.flatnonzero(np.diff(bars["time"] // DAY)) + 1), len(bars)]
    return [bars[first:last] for first, last in pairwise(cuts) if last > first]


def _merged(stored: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    kept = stored[~np.isin(stored["time"], fresh["time"])]
    both = np.concatenate([kept, fresh])
    return both[np.argsort(both["time"])]
