"""User channels of all live accounts, in the stream process: nudges, and a note of when each was last heard."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import DatabaseError, connections
from django.utils import timezone

from apps.accounts.connections.clients import clock_of
from apps.accounts.connections.credentials import credentials_of
from apps.accounts.models import ExchangeConnection, TradingAccount
from apps.operations.addresses import addresses
from apps.operations.nudges import Nudge
from apps.orders.models import ExchangeCursor
from apps.orders.polling import live_accounts
from apps.orders.recovery import reconnected
from exchanges.coinbase.trading.channel import UserChannel
from exchanges.coinbase.trading.signer import BadKey, Signer
from exchanges.port import Unavailable

logger = logging.getLogger("stream")
LOOK = 2.0  # seconds between looks at which accounts there are
NOTED = 10.0  # seconds between two notes of having heard
PATIENCE = 5.0  # seconds that a thread has to end


@dataclass
class Listener:
    channel: UserChannel
    thread: threading.Thread
    stamp: tuple[int, str]  # connection and its secret: a new one when either changes


class Channels:
    """One channel a live account. ``run`` belongs to one thread."""

    def __init__(self) -> None:
        self._listeners: dict[int, Listener] = {}
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.look()
            except DatabaseError as error:
                logger.warning("live accounts cannot be read now: %s", error)
            finally:
                connections.close_all()
            self._stopping.wait(LOOK)
        for account_id in list(self._listeners):
            self._end(account_id)

    def look(self) -> None:
        """Brings the listeners to the accounts that there are."""
        wanted = {account.pk: account for account in live_accounts().select_related("connection")}
        for account_id, listener in list(self._listeners.items()):
            account = wanted.get(account_id)
            if account is None or _stamp(account) != listener.stamp or not listener.thread.is_alive():
                self._end(account_id)
        for account_id in wanted.keys() - self._listeners.keys():
            self._begin(wanted[account_id])

    def _begin(self, account: TradingAccount) -> None:
        connection = account.connection
        assert connection is not None, "live_accounts have one"
        channel = UserChannel(
            addresses(connection.venue), token=lambda: _token(connection), happened=lambda: _happened(account.pk),
            heard=Heard(account.pk), reconnected=lambda: _reconnected(account.pk),
            refused=clock_of(connection.venue).doubt,
        )  # fmt: skip
        thread = threading.Thread(target=_run, args=[channel], name=f"user-channel-{account.pk}", daemon=True)
        self._listeners[account.pk] = Listener(channel, thread, _stamp(account))
        thread.start()

    def _end(self, account_id: int) -> None:
        listener = self._listeners.pop(account_id)
        listener.channel.close()
        listener.thread.join(PATIENCE)


class Heard:
    """Notes that an account's channel lives, every few seconds."""

    def __init__(self, account_id: int) -> None:
        self._account_id, self._noted = account_id, float("-inf")

    def __call__(self) -> None:
        if time.monotonic() - self._noted < NOTED:
            return
        self._noted = time.monotonic()
        try:
            ExchangeCursor.objects.update_or_create(account_id=self._account_id, defaults={"heard": timezone.now()})
        except DatabaseError as error:
            logger.warning("account %s: its channel cannot be noted now: %s", self._account_id, error)
        finally:
            connections.close_all()


@contextmanager
def listening() -> Iterator[None]:
    """User channels in a thread of their own, for as long as the block lasts."""
    channels = Channels()
    thread = threading.Thread(target=channels.run, name="user-channels", daemon=True)
    thread.start()
    try:
        yield
    finally:
        channels.stop()
        thread.join(PATIENCE)


def _run(channel: UserChannel) -> None:
    try:
        channel.run()
    finally:
        connections.close_all()


def _token(connection: ExchangeConnection) -> str:
    try:
        return Signer(credentials_of(connection)).token(clock_of(connection.venue).now())
    except (BadKey, DatabaseError) as error:
        raise Unavailable(str(error)) from None
    finally:
        connections.close_all()


def _happened(account_id: int) -> None:
    """Touches no database: as many channels as there are accounts would hold every connection of this process."""
    Nudge("orders_work", (account_id,), "orders")()


def _reconnected(account_id: int) -> None:
    try:
        reconnected(account_id)
    except DatabaseError as error:
        logger.warning("account %s: reconciled with its next minute: %s", account_id, error)
    finally:
        connections.close_all()


def _stamp(account: TradingAccount) -> tuple[int, str]:
    connection = account.connection
    return (connection.pk, connection.secret) if connection else (0, "")
