"""Fixtures of the tests that drive a browser."""

from collections.abc import Iterator

import pytest

from tradingsite.testing.site import LiveMarket, web_process


@pytest.fixture(scope="session")
def site(django_db_setup: None, django_db_blocker) -> Iterator[str]:
    with django_db_blocker.unblock(), web_process() as address:
        yield address


@pytest.fixture
def live_market(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> LiveMarket:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's loop runs in this thread
    return LiveMarket()
