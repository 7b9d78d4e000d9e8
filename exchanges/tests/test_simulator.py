"""The exchange in memory does what every exchange must."""

from decimal import Decimal as D

import numpy as np
import pytest

from engine.config import Costs, ProductRules
from engine.events import event_position
from engine.kinds import EventKind
from engine.records import EVENT
from exchanges.port import Rejected
from exchanges.simulator.exchange import SimulatedExchange
from exchanges.tests.contract import ExchangeContract

PRODUCT = ProductRules("BTC-USD", tick=D("0.01"), lot=D("0.00000001"), min_size=D("0.0001"), min_notional=D(1))


class SimulatedVenue:
    """Each trade is a minute of its own, flat at one price."""

    symbol = "BTC-USD"

    def __init__(self):
        self.exchange = SimulatedExchange({self.symbol: PRODUCT}, Costs(), {"USD": D(10_000)})
        self.now = 600
        self.trade("100")

    def own(self, quantity):
        self.exchange.money["BTC"] = D(quantity)

    def near(self, price, market):
        return price == market

    def trade(self, *prices):
        for price in map(float, prices):
            for kind in (EventKind.OPEN, EventKind.BAR):
                event = np.zeros(1, EVENT)[0]
                event["kind"], event["time"] = kind, self.now + 60 * kind
                event["position"] = event_position(session=0, time=self.now, kind=kind)
                event["open"] = event["high"] = event["low"] = event["close"] = price
                event["volume"] = 1000.0 * kind
                self.exchange.see(self.symbol, event)
            self.now += 60


class TestSimulatedExchange(ExchangeContract):
    @pytest.fixture
    def venue(self):
        return SimulatedVenue()

    def test_money_moves_with_trades_and_is_locked_by_orders(self, venue):
        self.place(venue, quantity=D(2), funds=D(300))
        assert venue.exchange.balances()["USD"].available == 9700
        venue.trade("100")
        assert venue.exchange.money == {"USD": D(10_000) - 200 * D("1.006"), "BTC": 2}
        assert venue.exchange.balances()["USD"].available == venue.exchange.money["USD"]

    def test_it_sells_nothing_twice(self, venue):
        venue.own("1")
        self.sale(venue, quantity=D("0.6"), funds=None)
        with pytest.raises(Rejected, match=r"BTC must cover the order, was 0\.4"):
            self.sale(venue, quantity=D("0.6"), funds=None)
