"""The stream on the sandbox exchange: a live market, on a venue of its own, that says it is simulated."""

import pytest
from django.utils import timezone

from apps.dashboard.shell import market_of
from apps.markets.candles import load
from apps.markets.models import Feed, Product
from apps.markets.selectors import feed_is_stale
from apps.markets.status import stream_status
from sandbox.testing import sandbox
from tradingsite.testing.processes import streams, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def exchange():
    with sandbox(wall_clock=True, price=None) as running:
        yield running


@pytest.fixture
def stream(exchange):
    with streams() as start:
        yield start(MARKET="sandbox", SANDBOX_ADDRESS=exchange.address, COINBASE_PRODUCTS="BTC-USD")


def price():
    return next((product.price for product in stream_status("sandbox").products if product.bid), None)


def test_it_streams_moving_prices_of_the_sandbox_and_says_what_they_are(stream, exchange):
    wait_until(price)
    first = price()
    wait_until(lambda: price() != first)
    feed = Feed.objects.select_related("session", "product").get()
    assert (feed.product.venue, feed.product.symbol) == ("sandbox", "BTC-USD")
    assert not feed_is_stale(feed, timezone.now())
    for seconds, count in ((60, 1000), (86400, 300)):  # it begins with a history
        assert len(load(feed.session, feed.product, seconds, until=feed.market_time, count=count)) == count
    assert Product.objects.filter(venue="sandbox").count() > 300
    market = market_of("sandbox")
    assert market.banner == "Simulated market: sandbox exchange, generated prices"
    assert market.live
    assert not market.stale
