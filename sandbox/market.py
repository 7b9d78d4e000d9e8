"""One product's market: its book, its tape, its feed and the crowd."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from sandbox.book import BUY, SELL, Book
from sandbox.clock import SECOND
from sandbox.crowd import Crowd
from sandbox.feed import Feed
from sandbox.orders import Order
from sandbox.products import Product
from sandbox.tape import Tape


@dataclass(frozen=True, slots=True)
class Tick:
    """What the feed says of a moment; ``rate`` in base per second."""

    price: Decimal
    rate: Decimal


class Market:
    def __init__(self, product: Product, feed: Feed, now: int, seed: int) -> None:
        self.product, self.feed = product, feed
        self.book = Book()
        self.crowd = Crowd(product, seed)
        self.tape = Tape(product, feed, now)
        self.waiting: list[Order] = []  # stops and brackets whose trigger has not come
        self.pinned: Decimal | None = None  # a price set by hand, which the feed does not move
        self.ticked = now
        self.requote()

    @property
    def symbol(self) -> str:
        return self.product.symbol

    def tick(self, moment: int) -> Tick:
        at = np.array([moment / SECOND])
        steps = max(round(float(self.feed.prices(at)[0]) / float(self.product.tick)), 1)
        price = self.pinned if self.pinned is not None else steps * self.product.tick
        return Tick(price, Decimal(repr(round(float(self.feed.volumes(at)[0]), 12))))

    def requote(self) -> None:
        """Puts the crowd's quotes around the last price."""
        self.crowd.quote(self.book, self.tape.last, self.crowd.coin(), self.tick(self.ticked).rate)

    def mid(self) -> Decimal:
        bid, ask = self.book.best(BUY), self.book.best(SELL)
        return (bid + ask) / 2 if bid is not None and ask is not None else self.tape.last

    def change(self, now: int) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """Of the last 24 hours: volume in base, low, high, change in percent."""
        day = self.tape.day(now)
        return day.volume, day.low, day.high, (day.close / day.open - 1) * 100
