import pytest

from apps.orders.tests.desk import Desk


@pytest.fixture
def desk(db, monkeypatch):
    return Desk(monkeypatch)
