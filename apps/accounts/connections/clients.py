"""Clients of connections: one a thread, one budget, clock and set of facts a key."""

import threading
from collections.abc import Callable
from functools import cache

from django.conf import settings

from apps.accounts.connections.credentials import credentials_of
from apps.accounts.models import ExchangeConnection
from apps.operations.addresses import addresses
from apps.operations.pace import SharedPace
from apps.operations.venues import SANDBOX
from exchanges.coinbase.trading.client import Client
from exchanges.coinbase.trading.clock import ServerClock
from exchanges.coinbase.trading.facts import Facts
from exchanges.coinbase.trading.pace import LocalPace
from exchanges.coinbase.trading.signer import Credentials

_threads = threading.local()
PROBES = 4.0, 8  # requests a second and at once, of a key that is looked at before it is kept


def client_of(connection: ExchangeConnection) -> Client:
    """This thread's client; a new one after the key was encrypted anew or its state has changed."""
    held: dict[int, tuple[tuple[str, str], Client]] = _threads.__dict__.setdefault("clients", {})
    stamp = connection.secret, connection.state
    known = held.get(connection.pk)
    if known is None or known[0] != stamp:
        made = Client(
            lambda: credentials_of(connection), addresses(connection.venue),
            pace_of(connection.pk, connection.venue, settings.REDIS_URL), clock_of(connection.venue),
        )  # fmt: skip
        known = held[connection.pk] = stamp, made
    return known[1]


def probe(credentials: Callable[[], Credentials], venue: str) -> Client:
    """A client of its own, for looking at a key."""
    return Client(credentials, addresses(venue), LocalPace(*PROBES), clock_of(venue))


@cache
def pace_of(connection_id: int, venue: str, redis_url: str) -> SharedPace:
    name = f"connection-{connection_id}"
    if venue == SANDBOX:  # has no limit of its own: only that a mistake of ours does not keep the machine busy
        return SharedPace(name, redis_url, rate=200.0, burst=2000, quick_rate=400.0, quick_burst=400)
    return SharedPace(name, redis_url)


@cache
def clock_of(venue: str) -> ServerClock:
    return ServerClock(addresses(venue))


@cache
def facts_of(connection_id: int) -> Facts:
    return Facts()
