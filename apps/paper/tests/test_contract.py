"""The paper exchange does what every exchange must."""

import pytest

from apps.markets.sources import MINUTE
from apps.paper.exchange import PaperExchange
from engine.kinds import EventKind
from exchanges.tests.contract import ExchangeContract
from tradingsite.testing.market import Market, make_product
from tradingsite.testing.people import make_account


class PaperVenue:
    """Each trade is a minute of its own, flat at one price."""

    symbol = "BTC-USD"

    def __init__(self):
        self.market = Market(make_product(base_min_size="0.0001"))
        self.exchange = PaperExchange(make_account())
        self.trade("100")

    def own(self, quantity):
        """The paper exchange keeps no balances: what an account may sell is decided by its ledger."""

    def near(self, price, market):
        return price == market

    def trade(self, *prices):
        for price in map(float, prices):
            for kind in (EventKind.OPEN, EventKind.BAR):
                self.market.commit(self.market.product, kind, (price, price, price, price, 1000.0))
            self.market.now += MINUTE


@pytest.mark.django_db
class TestPaperExchange(ExchangeContract):
    @pytest.fixture
    def venue(self, db):
        return PaperVenue()
