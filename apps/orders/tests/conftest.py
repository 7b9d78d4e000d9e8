import pytest

from apps.accounts.models import TradingAccount
from apps.orders.seats import seats
from apps.orders.tests.desk import Desk


@pytest.fixture
def desk(db, monkeypatch):
    return Desk(monkeypatch)


@pytest.fixture
def live(desk, clock):
    """A live account whose portfolio holds what the ledger says; this process leaves its seat afterwards."""
    TradingAccount.objects.filter(pk=desk.account.pk).update(mode="live")
    desk.account.refresh_from_db()
    desk.agree()
    yield desk
    seats.leave()
