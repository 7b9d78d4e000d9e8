"""An exchange for tests: one user, a clock that is moved by hand, a seeded market."""

from decimal import Decimal
from itertools import count
from typing import Any

from sandbox.changing import read_wish
from sandbox.clock import SECOND, VirtualClock
from sandbox.exchange import Exchange
from sandbox.feed import walks
from sandbox.orders import Order
from sandbox.placing import Request
from sandbox.products import shipped_products
from sandbox.testing import START

ANN, BOB = "ann", "bob"


class World:
    def __init__(self, seed: int = 7, usd: str = "100000", btc: str = "2", exchange: Exchange | None = None) -> None:
        """``exchange``: one that may know the users already."""
        feed = walks(seed, START / SECOND)
        self.exchange = exchange or Exchange(VirtualClock(START), shipped_products(), feed, seed=seed)
        for user in (ANN, BOB):
            if not self.exchange.ledger.has(user, "USD"):
                self.exchange.deposit(user, "USD", Decimal(usd))
                self.exchange.deposit(user, "BTC", Decimal(btc))
        self._ids = count(len(self.exchange.desk) + 1)

    def order(self, side: str, variant: str, user: str = ANN, symbol: str = "BTC-USD", **fields: Any) -> Order:
        attached = fields.pop("attached", None)
        name = fields.pop("client_order_id", f"cid-{next(self._ids)}")
        return self.exchange.place(user, Request(name, symbol, side, {variant: fields}, attached))

    def limit(self, side: str, size: str, price: Any, **fields: Any) -> Order:
        return self.order(side, "limit_limit_gtc", base_size=size, limit_price=format(price, "f"), **fields)

    def edit(self, order_id: str, price: str, size: str, stop: str = "", user: str = ANN) -> str:
        wish = read_wish(price, size, stop)
        assert wish
        return self.exchange.edit(user, order_id, wish)

    def pass_time(self, seconds: float) -> None:
        self.exchange.advance(self.exchange.clock.now() + int(seconds * SECOND))

    def price(self, price: Any, volume: str | None = None, symbol: str = "BTC-USD") -> None:
        self.exchange.set_price(symbol, Decimal(str(price)), Decimal(volume) if volume else None)

    @property
    def last(self) -> Decimal:
        return self.exchange.market("BTC-USD").tape.last

    def total(self, currency: str, user: str = ANN) -> Decimal:
        return self.exchange.ledger.total(user, currency)

    def held(self, currency: str, user: str = ANN) -> Decimal:
        return self.exchange.ledger.wallet(user, currency).hold
