import pytest

from tradingsite.testing.api import Caller, Desk, make_desk
from tradingsite.testing.market import Market
from tradingsite.testing.people import make_account


@pytest.fixture
def desk(market: Market) -> Desk:
    return make_desk(market)


@pytest.fixture
def account(market: Market):
    """Of somebody who has done nothing yet, at a market that has not begun."""
    return make_account()


@pytest.fixture
def caller(account) -> Caller:
    return Caller(account.owner)


@pytest.fixture
def stranger(db) -> Caller:
    return Caller(make_account().owner)


@pytest.fixture
def new_bot(account) -> dict[str, object]:
    """The body that makes a bot."""
    return {"account": account.pk, "product": "BTC-USD", "name": "New", "strategy": "ma_cross"}
