"""User channels of live accounts: one each, for as long as its connection may be used."""

import threading

import dramatiq
import pytest
from cryptography.fernet import Fernet
from dramatiq.brokers.stub import StubBroker

from apps.accounts.models import ExchangeConnection
from apps.orders.channels import Channels, _happened
from apps.orders.models import ExchangeCursor
from tradingsite.testing.live import live_venue

PATIENCE = 30.0  # seconds; a machine that is busy with other things is slow


class Nudges:
    """What the channels ask for, by account."""

    def __init__(self):
        self.accounts, self._changed = [], threading.Condition()

    def __call__(self, actor, args, queue):
        return lambda: self.note(*args)

    def note(self, account_id):
        with self._changed:
            self.accounts.append(account_id)
            self._changed.notify_all()

    def wait(self, count):
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.accounts) >= count, PATIENCE), self.accounts


@pytest.fixture
def nudges(monkeypatch):
    made = Nudges()
    monkeypatch.setattr("apps.orders.channels.Nudge", made)
    return made


@pytest.fixture
def venue(transactional_db, settings):
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    with live_venue(settings) as venue:
        yield venue


@pytest.fixture
def channels():
    made = Channels()
    yield made
    made.stop()
    made.run()  # ends every listener


def test_an_accounts_channel_nudges_when_it_begins_and_when_an_order_changes(venue, nudges, channels):
    connection = venue.connect(live=False)
    account = venue.account(connection)
    channels.look()
    nudges.wait(1)
    cursor = wait_for_note(account)
    before = len(nudges.accounts)
    terms = {"limit_limit_gtc": {"base_size": "1", "limit_price": "50", "post_only": False}}
    venue.exchange.client().create_order("stranger", "BTC-USD", "BUY", terms)
    nudges.wait(before + 1)
    assert set(nudges.accounts) == {account.pk}
    assert cursor.heard is not None


def test_what_is_heard_is_passed_on_without_a_connection_of_the_database(monkeypatch):
    """Each channel would keep one, until none is left for the market's stream. Without its fixture any use raises."""
    broker = StubBroker(middleware=[])
    broker.declare_queue("orders")
    monkeypatch.setattr("dramatiq.get_broker", lambda: broker)
    _happened(7)
    message = dramatiq.Message.decode(broker.queues["orders"].get_nowait())
    assert (message.actor_name, message.args) == ("orders_work", (7,))


def test_it_ends_with_its_connection_and_begins_anew_with_another_key(venue, channels, nudges):
    connection = venue.connect(live=False)
    channels.look()
    (listener,) = channels._listeners.values()
    ExchangeConnection.objects.update(state="broken")
    channels.look()
    assert (channels._listeners, listener.thread.is_alive()) == ({}, False)
    ExchangeConnection.objects.update(state="ok")
    channels.look()
    (first,) = channels._listeners.values()
    connection.refresh_from_db()
    ExchangeConnection.objects.update(secret=connection.secret[::-1])
    channels.look()
    (second,) = channels._listeners.values()
    assert second is not first


def wait_for_note(account):
    """The channel notes that it has been heard, a moment after it begins."""
    deadline = threading.Event()
    for _ in range(int(PATIENCE / 0.1)):
        cursor = ExchangeCursor.objects.filter(account=account).exclude(heard=None).first()
        if cursor:
            return cursor
        deadline.wait(0.1)
    raise AssertionError("the channel was never heard")
