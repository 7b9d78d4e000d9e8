import pytest

from apps.accounts.models import TradingAccount
from apps.orders.seats import seats
from apps.orders.tests.desk import Desk


@pytest.fixture
def desk(db, monkeypatch):
    return Desk(monkeypatch)


@pytest.fixture
def live(desk, clock, monkeypatch):
    """A live account whose portfolio holds what the ledger says, of an owner who may trade; this process leaves its
    seat afterwards."""
    monkeypatch.setattr("apps.orders.submission.entry_refusal", lambda account: "")
    TradingAccount.objects.filter(pk=desk.account.pk).update(mode="live")
    desk.account.refresh_from_db()
    desk.agree()
    yield desk
    seats.leave()
