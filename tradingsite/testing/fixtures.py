"""Fixtures that every test can ask for; see the modules beside this one."""

from datetime import UTC, datetime

import pytest
from time_machine import TimeMachineFixture

from apps.accounts.models import User
from engine.strategies.base import Strategy
from engine.strategies.registry import REGISTRY
from tradingsite.testing.market import Market
from tradingsite.testing.people import make_user
from tradingsite.testing.scripted import SCRIPTED
from tradingsite.testing.signing import PASSWORD


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Strategy:
    """Registers the strategy that the test dictates."""
    monkeypatch.setitem(REGISTRY, SCRIPTED.name, SCRIPTED)
    return SCRIPTED


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    """Wall time stands still until the test shifts it."""
    time_machine.move_to(datetime(2026, 1, 1, tzinfo=UTC), tick=False)
    return time_machine


@pytest.fixture
def market(db: None, scripted: Strategy) -> Market:
    """A replayed BTC-USD market of 2020-02-10, before its first minute."""
    return Market()


@pytest.fixture
def trader(db: None) -> User:
    """Somebody who can sign in."""
    user = make_user("trader@example.org")
    user.set_password(PASSWORD)
    user.save()
    user.confirm_address()
    return user
