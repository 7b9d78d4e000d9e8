"""After the warm-up nothing is left to compile."""

import sys

import numba
import pytest

from engine.backtest.run import run_backtest
from engine.config import BotSettings, Costs, RiskLimits
from engine.tests.markets import random_market
from engine.warm import PRODUCT, warm


def compiled() -> dict[str, int]:
    """Every compiled function of the core and for how many types it has been compiled."""
    modules = [module for name, module in sys.modules.items() if name.startswith("engine.")]
    found = (value for module in modules for value in vars(module).values())
    dispatchers = {value for value in found if isinstance(value, numba.core.registry.CPUDispatcher)}
    return {f"{each.py_func.__module__}.{each.py_func.__name__}": len(each.signatures) for each in dispatchers}


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_it_compiles_all_that_a_backtest_needs():
    warm()
    before = compiled()
    for timeframe in (60, 300):
        for record in (True, False):
            run_backtest(
                random_market(1500, gaps=0.1),
                strategy="ema_rsi_volume",
                params={"short_closes": 1},
                product=PRODUCT,
                costs=Costs(),
                settings=BotSettings(),
                limits=RiskLimits(),
                cash=10_000,
                timeframe=timeframe,
                record=record,
            )
    assert compiled() == before
    assert all(count == 1 for name, count in before.items() if "signal_columns" in name or "loop.run" in name)
