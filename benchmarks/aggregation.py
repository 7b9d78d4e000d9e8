"""Where bars made of shorter ones differ from the exchange's own.

    .venv/bin/python benchmarks/aggregation.py FOLDER

FOLDER holds candle files named coinbase_BTC-USD_15m.parquet, ..._1h.parquet and ..._6h.parquet.
"""

import os
import sys
from itertools import combinations
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import numpy as np

from apps.markets.files import read_candles
from engine.candles import aggregate
from engine.quality import differences

SECONDS = {"15m": 900, "1h": 3600, "6h": 21600}


def main(folder: Path) -> None:
    print("product   from  to    compared  prices and volume differ  prices differ  first difference")
    for product in ("BTC-USD", "ETH-USD", "SOL-USD", "ADA-USD"):
        files = {name: read_candles(folder / f"coinbase_{product}_{name}.parquet") for name in SECONDS}
        for source, target in combinations(SECONDS, 2):
            compare(product, source, target, files[source], files[target])


def compare(product: str, source: str, target: str, candles: np.ndarray, reference: np.ndarray) -> None:
    seconds = SECONDS[target]
    compared = np.intersect1d(aggregate(candles, seconds)["time"], reference["time"]).size
    times = differences(candles, reference, seconds)
    prices = differences(candles, reference, seconds, tolerance=np.inf)
    first = np.datetime64(int(times[0]), "s") if len(times) else "-"
    print(f"{product:9} {source:5} {target:4} {compared:9,} {len(times):18,} {len(prices):20,}  {first:>25}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
