"""Storage of candles, measured: a year of minutes in, all of it out, and what every evaluation batch loads.

    .venv/bin/python benchmarks/candles.py [FILE]

FILE is a candle file of minutes; without one a year is made up. Uses a database of its own on the running services.
"""

import os
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradingsite.settings")
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import django

django.setup()

import numpy as np
from django.db import connection

from apps.markets import registry
from apps.markets.candles import load, load_range
from apps.markets.files import read_candles
from apps.markets.imports import candles_import
from apps.markets.models import TIMEFRAMES, Candle, Product
from engine.records import CANDLE

MINUTES = 365 * 1440
BARS = 750  # what the longest strategy window asks for


def main() -> None:
    candles = read_candles(sys.argv[1]) if len(sys.argv) > 1 else made_up()
    registry.on_session.clear()
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        measure(candles)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def made_up() -> np.ndarray:
    """A year of minutes, a random walk with two decimals: real candles compress a little better."""
    random = np.random.default_rng(1)
    candles = np.zeros(MINUTES, CANDLE)
    candles["time"] = 1_514_764_800 + 60 * np.arange(MINUTES)
    candles["close"] = np.round(10_000 * np.exp(np.cumsum(random.normal(0, 0.0005, MINUTES))), 2)
    candles["open"] = np.roll(candles["close"], 1)
    candles["high"] = np.maximum(candles["open"], candles["close"]) + 1
    candles["low"] = np.minimum(candles["open"], candles["close"]) - 1
    candles["volume"] = np.round(random.exponential(3, MINUTES), 8)
    return candles


def measure(candles: np.ndarray) -> None:
    started = time.perf_counter()
    imported = candles_import(
        venue="benchmark", symbol="BTC-USD", timeframe=60, candles=candles, source="benchmark", sizes={}
    )
    print(f"{len(candles):,} minutes, {len(imported.days)} days")
    print(f"imported with six higher timeframes    {time.perf_counter() - started:8.2f} s")
    series = imported.session, Product.objects.get(venue="benchmark")
    first, end = int(candles["time"][0]), int(candles["time"][-1]) + 60
    say("all of it into numpy", lambda: load_range(*series, 60, start=first, end=end))
    for label, seconds in TIMEFRAMES.items():
        say(f"load of {BARS} bars of {label}, chunks", lambda: load(*series, seconds, until=end, count=BARS))  # noqa: B023
    today = candles[-1440:].copy()
    today["time"] = end + 60 * np.arange(1440)
    place = {"session": series[0], "product": series[1], "timeframe": 60}
    Candle.objects.bulk_create(
        Candle(**place, **dict(zip(CANDLE.names or (), row, strict=True))) for row in today.tolist()
    )
    say(f"load of {BARS} bars of 1m, rows", lambda: load(*series, 60, until=end + 86_400, count=BARS))
    say(f"load of {BARS} bars of 1m, both", lambda: load(*series, 60, until=end + 300 * 60, count=BARS))


def say(what: str, do: Callable[[], Any], times: int = 15) -> None:
    took = []
    for _ in range(times):
        started = time.perf_counter()
        bars = len(do())
        took.append((time.perf_counter() - started) * 1000)
    print(f"{what:38} {median(took):8.2f} ms   best {min(took):.2f}, worst {max(took):.2f}   ({bars:,} bars)")


if __name__ == "__main__":
    main()
