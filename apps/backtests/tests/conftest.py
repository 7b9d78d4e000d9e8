import pytest

from apps.accounts.models import User
from tradingsite.testing.people import make_account


@pytest.fixture
def user(db) -> User:
    return make_account().owner
