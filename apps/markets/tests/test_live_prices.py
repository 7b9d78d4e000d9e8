"""Who waits for a price hears of it between two commits, however many there are."""

import numpy as np
import pytest

from apps.markets import registry
from apps.markets.condition import Condition, DayCounts
from apps.markets.live import LiveEvent, LiveStream
from apps.markets.sources import Bar, SourceEvent
from apps.operations.ownership import Owner
from engine.kinds import EventKind
from engine.records import CANDLE
from tradingsite.testing.market import START, Market, make_product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]


class Burst:
    """Tells the openings of three products at once, and a new price whenever it is asked."""

    venue, granularity = "replay", 60

    def __init__(self) -> None:
        self.market = Market(*[make_product(symbol) for symbol in ("BTC-USD", "ETH-USD", "SOL-USD")])
        bar = Bar(100.0, 100.0, 100.0, 100.0, 0.0)
        self._left = [
            LiveEvent(SourceEvent(product.symbol, EventKind.OPEN, START, bar), np.zeros(0, CANDLE))
            for product in self.market.products
        ]
        self._price = 100.0

    def begin(self, owner):
        return self.market.session

    def poll(self, patience):
        events, self._left = self._left, []
        return events

    def product(self, symbol):
        return next(product for product in self.market.products if product.symbol == symbol)

    def prices(self):
        self._price += 1
        return {self.market.product: (self._price, START + 1.0)}

    def ticks(self):
        return []

    def views(self):
        return []

    def counts(self, symbol):
        return DayCounts()

    def condition(self):
        return Condition()

    def close(self):
        return


def test_a_price_does_not_wait_for_all_that_is_to_be_committed(monkeypatch):
    told = []
    monkeypatch.setattr(registry, "on_event", [lambda event: told.append("commit")])
    monkeypatch.setattr(registry, "on_prices", [lambda prices: told.append("price")])
    owner = Owner("stream:replay")
    owner.acquire()
    try:
        LiveStream(Burst(), owner=owner, stopping=iter([False, True]).__next__).run()
    finally:
        owner.release()
    assert told[:6] == ["price", "commit"] * 3
