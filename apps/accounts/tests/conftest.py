import pytest
from django.core.cache import cache

from apps.accounts.models import User
from tradingsite.testing.people import make_user

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    """No test is slowed down by the attempts of another."""
    cache.clear()


@pytest.fixture
def trader(db: None) -> User:
    """Somebody who can sign in."""
    user = make_user("trader@example.org")
    user.set_password(PASSWORD)
    user.save()
    return user
