"""S1 and S2 trade exactly as loops written by hand do."""

from decimal import Decimal

import numpy as np
import pytest

from benchmarks import reference
from engine.backtest.run import run_backtest
from engine.config import NO_LIMITS, BotSettings, Costs, ProductRules
from engine.strategies.registry import REGISTRY
from engine.tests.markets import random_market, real_market

FREE = ProductRules("BTC-USD", Decimal("0.01"), Decimal("0.00000001"), Decimal("0.00000001"), Decimal(0))
MARKETS = {
    "generated": lambda: random_market(6000),
    "generated with gaps": lambda: random_market(6000, seed=2, gaps=0.15),
    "a year's quarter": lambda: real_market("bitfinex_BTC-USD_1m_2018.parquet", 129_600),
    "a week": lambda: real_market("coinbase_BTC-USD_1m_2020-02.parquet"),
    "days years apart": lambda: real_market("coinbase_ETH-USD_1m_lean-days.parquet"),
}


def by_hand(name: str, bars: np.ndarray) -> tuple[np.ndarray, float]:
    column = {field: np.ascontiguousarray(bars[field]) for field in bars.dtype.names}
    warmup = REGISTRY[name].warmup(REGISTRY[name].defaults())
    trades = np.zeros(len(bars), reference.TRADE)
    terms = (10_000.0, 0.006, 100.0, 1e-8, warmup, trades)
    if name == "ema_rsi_volume":
        prices = (column[field] for field in ("time", "open", "high", "low", "close", "volume"))
        count, equity = reference.s1(*prices, *terms)
    else:
        count, equity = reference.s2(column["time"], column["open"], column["close"], *terms)
    return trades[:count], equity


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize(("name", "size"), [("ema_rsi_volume", 0.25), ("ma_cross", 1.0)])
def test_the_engine_trades_as_the_loop_written_by_hand(market, name, size):
    bars = MARKETS[market]()
    expected, equity = by_hand(name, bars)
    result = run_backtest(
        bars, strategy=name, params={}, product=FREE, costs=Costs(), settings=BotSettings(size=size),
        limits=NO_LIMITS, cash=10_000, timeframe=60, record=False,
    )  # fmt: skip
    assert len(expected) > 10
    for field in ("entry_time", "exit_time", "entry_price", "exit_price", "qty", "reason"):
        np.testing.assert_array_equal(result.trades[field], expected[field], err_msg=field)
    np.testing.assert_allclose(result.trades["pnl"], expected["pnl"], rtol=1e-9, atol=1e-9)
    assert result.equity[-1] == pytest.approx(equity, rel=1e-6)
