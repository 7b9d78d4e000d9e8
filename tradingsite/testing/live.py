"""A person with a live account at a sandbox exchange. The exchange keeps the wall's time, as the platform does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from json import dumps
from typing import Any

from apps.accounts.connections import clients
from apps.accounts.connections.live import SURE, live_begin
from apps.accounts.connections.services import connection_add
from apps.accounts.models import ExchangeConnection, TradingAccount, User
from apps.markets.models import Product
from apps.markets.services import product_upsert
from apps.operations.venues import SANDBOX
from sandbox.testing import Sandbox, sandbox
from tradingsite.testing.people import make_user
from tradingsite.testing.signing import with_app

_numbers = count(1)


@dataclass
class LiveVenue:
    exchange: Sandbox

    def key(self, *scopes: str, user: str = "trader") -> str:
        """The text of a key file."""
        return dumps(self.exchange.key(scopes=list(scopes) or None, user=user))

    def connect(self, user: User | None = None, *scopes: str, live: bool = True, **options: Any) -> ExchangeConnection:
        """A connection, taken live unless told otherwise: then its owner has a second factor."""
        user = user or make_user()
        connection = connection_add(user=user, label=f"Main {next(_numbers)}", text=self.key(*scopes, **options))
        if live:
            with_app(user)
            connection = live_begin(connection=connection, by=user, sure=SURE)
        return connection

    def account(self, connection: ExchangeConnection) -> TradingAccount:
        return TradingAccount.objects.select_related("owner", "connection").get(connection=connection)

    def product(self) -> Product:
        sizes = {"base_increment": "0.00000001", "quote_increment": "0.01", "base_min_size": "0.00000001"}
        exact = {name: Decimal(size) for name, size in sizes.items()}
        return product_upsert(venue=SANDBOX, symbol="BTC-USD", quote_min_size=Decimal(1), **exact)


@contextmanager
def live_venue(settings: Any, price: object = 100) -> Iterator[LiveVenue]:
    with sandbox(wall_clock=True, price=price) as exchange:
        settings.SANDBOX_ADDRESS, settings.MARKET = exchange.address, SANDBOX
        for known in (clients.clock_of, clients.pace_of, clients.facts_of):
            known.cache_clear()  # of an earlier test's exchange
        clients._threads.__dict__.clear()
        yield LiveVenue(exchange)
