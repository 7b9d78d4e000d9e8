"""S1 and S2 through the engine and through loops written by hand, on 129,600 minutes, in one run.

    .venv/bin/python -m benchmarks.backtest [SECONDS]

Every variant is called in turn for SECONDS (20) a workload, so that what else the machine does hits all alike; printed
are the medians, the fastest calls, and the ratios of the medians. First of all the trades are compared, one by one.
"""

import gc
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
from pyarrow import parquet

from benchmarks import reference
from engine.backtest.layouts import Desk
from engine.backtest.loop import run
from engine.backtest.run import blank_rows, columns, open_desk, run_backtest
from engine.config import NO_LIMITS, BotSettings, Costs, ProductRules
from engine.records import CANDLE
from engine.strategies.base import Signals
from engine.strategies.registry import REGISTRY

BARS = 129_600
ROOT = Path(__file__).resolve().parents[1]
YEAR = "shared/data/candles/bitfinex_BTC-USD_1m_2018.parquet"  # beside the checkout
WEEK = ROOT / "apps/markets/recordings/coinbase_BTC-USD_1m_2020-02.parquet"
# Sizes so small that a shrinking account trades to the end: the loop by hand knows no least order.
PRODUCT = ProductRules("BTC-USD", Decimal("0.01"), Decimal("0.00000001"), Decimal("0.00000001"), Decimal(0))
CASH, FEE, MINUTE = 10_000.0, 0.006, 60


@dataclass(frozen=True)
class Workload:
    title: str
    strategy: str
    size: float


WORKLOADS = (Workload("S1", "ema_rsi_volume", 0.25), Workload("S2", "ma_cross", 1.0))


def load() -> tuple[str, np.ndarray]:
    """The first 129,600 bars of a real year, else the recorded week that comes with the project, one after another."""
    path = next((folder / YEAR for folder in ROOT.parents if (folder / YEAR).exists()), WEEK)
    table = parquet.read_table(path)
    bars = np.zeros(BARS, CANDLE)
    for name in CANDLE.names or ():
        bars[name] = np.resize(table[name].to_numpy(), BARS)
    if table.num_rows < BARS:
        bars["time"] = bars["time"][0] + MINUTE * np.arange(BARS)
    return path.name, bars


class Bench:
    """One workload on one market, in every variant."""

    def __init__(self, work: Workload, bars: np.ndarray) -> None:
        self.work, self.bars = work, bars
        self.strategy = REGISTRY[work.strategy]
        self.params = self.strategy.defaults()
        self.settings = BotSettings(size=work.size, timeframe=MINUTE)
        self.column = {name: np.ascontiguousarray(bars[name]) for name in CANDLE.names or ()}
        self.trades = np.zeros(len(bars), reference.TRADE)
        self.given = self.signals()
        self.rows = blank_rows(len(bars), self.given, capped=False, record=False)
        self.read = columns(self.given, explain=False)

    def by_hand(self) -> int:
        terms = (CASH, FEE, 100.0, 1e-8, self.strategy.warmup(self.params), self.trades)
        column = self.column
        if self.work.strategy == "ma_cross":
            return reference.s2(column["time"], column["open"], column["close"], *terms)[0]
        prices = (column[name] for name in ("time", "open", "high", "low", "close", "volume"))
        return reference.s1(*prices, *terms)[0]

    def signals(self) -> Signals:
        return self.strategy.compute(self.bars, self.params)

    def loop(self) -> None:
        run(self.bars, MINUTE, self.bars, MINUTE, self.read, self.desk(), self.rows, False)

    def everything(self) -> None:
        signals = self.signals()
        rows = blank_rows(len(self.bars), signals, capped=False, record=False)
        run(self.bars, MINUTE, self.bars, MINUTE, columns(signals, explain=False), self.desk(), rows, False)

    def desk(self) -> Desk:
        return open_desk(self.bars, self.strategy, self.params, PRODUCT, Costs(), self.settings, NO_LIMITS, CASH)

    def reported(self, record: bool = False) -> np.ndarray:
        return run_backtest(
            self.bars, strategy=self.work.strategy, params={}, product=PRODUCT, costs=Costs(), settings=self.settings,
            limits=NO_LIMITS, cash=CASH, timeframe=MINUTE, record=record,
        ).trades  # fmt: skip

    def check(self) -> int:
        """The number of trades; raises AssertionError unless both ways trade alike."""
        count, engine = self.by_hand(), self.reported()
        assert count == len(engine), (count, len(engine))
        for name in ("entry_time", "exit_time", "entry_price", "exit_price", "qty", "reason"):
            np.testing.assert_array_equal(engine[name], self.trades[name][:count], err_msg=name)
        np.testing.assert_allclose(engine["pnl"], self.trades["pnl"][:count], rtol=1e-9, atol=1e-9)
        return count


def measure(variants: dict[str, Callable[[], object]], seconds: float) -> dict[str, np.ndarray]:
    """Nanoseconds a bar of each call, all variants in turn."""
    spent: dict[str, list[int]] = {name: [] for name in variants}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name, call in variants.items():
            start = time.perf_counter_ns()
            call()
            spent[name].append(time.perf_counter_ns() - start)
    return {name: np.array(times) / BARS for name, times in spent.items()}


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    # A worker that has been at it keeps the memory it freed; a fresh process would hand each array back to the system.
    np.ones(4_000_000).sum()
    name, bars = load()
    print(f"{len(bars):,} bars of {name}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    gc.disable()
    for work in WORKLOADS:
        bench = Bench(work, bars)
        print(f"\n{work.title} ({work.strategy}): {bench.check():,} trades, the same in both")
        variants: dict[str, Callable[[], object]] = {
            "by hand, fused": bench.by_hand,
            "engine, loop (signals given)": bench.loop,
            "engine, indicators and signals": bench.signals,
            "engine, all of it": bench.everything,
            "backtest with metrics and data hash": bench.reported,
        }
        figures = measure(variants, seconds)
        base = np.median(figures["by hand, fused"])
        print(f"{'':38}{'median':>8}{'fastest':>9}{'ratio':>8}   ns a bar, {len(figures['by hand, fused'])} calls")
        for title, times in figures.items():
            print(f"{title:38}{np.median(times):8.2f}{times.min():9.2f}{np.median(times) / base:8.2f}")
        start = time.perf_counter()
        bench.reported(record=True)
        print(f"explained and recorded, every gate at every bar: {(time.perf_counter() - start) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
