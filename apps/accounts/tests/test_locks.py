"""Several at work on one account: nobody waits in a circle."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet
from django.db import connections, transaction

from apps.accounts.connections.services import connection_check
from apps.accounts.locks import lock_account, next_seq
from tradingsite.testing.live import live_venue

PATIENCE = 30  # seconds; a machine that is busy with other things is slow


@pytest.fixture
def venue(transactional_db, settings):
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    with live_venue(settings) as venue:
        yield venue


def test_a_look_at_a_key_and_work_on_its_account_both_come_to_their_end(venue, monkeypatch):
    connection = venue.connect(live=False)
    has_connection = threading.Event()

    def then_the_account(pk):
        has_connection.set()
        return lock_account(pk)

    def look():
        try:
            return connection_check(connection)
        finally:
            connections.close_all()

    monkeypatch.setattr("apps.accounts.connections.services.lock_account", then_the_account)
    with ThreadPoolExecutor(1) as others:
        with transaction.atomic():
            account = lock_account(venue.account(connection).pk)
            for _ in range(2):  # a row that was written twice: at the commit its owner and connection must be there
                next_seq(account)
                account.save(update_fields=["seq"])
            looked = others.submit(look)
            assert has_connection.wait(PATIENCE)
        assert looked.result(PATIENCE).state == "ok"
    assert venue.account(connection).seq == account.seq
