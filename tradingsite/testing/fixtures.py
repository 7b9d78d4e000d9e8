"""Fixtures that every test can ask for; see the modules beside this one."""

import pytest

from engine.strategies.base import Strategy
from engine.strategies.registry import REGISTRY
from tradingsite.testing.market import Market
from tradingsite.testing.scripted import SCRIPTED


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Strategy:
    """Registers the strategy that the test dictates."""
    monkeypatch.setitem(REGISTRY, SCRIPTED.name, SCRIPTED)
    return SCRIPTED


@pytest.fixture
def market(db: None, scripted: Strategy) -> Market:
    """A replayed BTC-USD market of 2020-02-10, before its first minute."""
    return Market()
