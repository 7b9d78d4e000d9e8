import pytest

from tradingsite.testing.people import make_account


@pytest.fixture
def account(db):
    return make_account()
