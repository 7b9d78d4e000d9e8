"""What tests of the coinbase source wait for and look at; conftest.py runs the source on a local exchange."""

import time

from apps.markets.candles import load_range
from apps.markets.models import Feed, SeriesDay
from engine.kinds import EventKind

NOON = 1_800_014_400
PATIENCE = 20  # seconds


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        yield False


def listening(fake, times=1):
    """Until the stream has subscribed."""
    yield from until(lambda: fake.socket.connections >= times and fake.socket.subscribed("ticker"))


def committed(minute):
    """Until the minute of BTC-USD is committed."""
    return until(lambda: Feed.objects.filter(product__symbol="BTC-USD", market_time__gte=minute + 60).exists())


def minutes(symbol="BTC-USD", start=NOON):
    feed = Feed.objects.select_related("session", "product").get(product__symbol=symbol)
    return load_range(feed.session, feed.product, 60, start=start, end=NOON + 10**6).tolist()


def day(symbol="BTC-USD"):
    return SeriesDay.objects.get(product__symbol=symbol)


def kinds(heard, symbol="BTC-USD"):
    return [EventKind(event.kind) for event in heard["events"] if event.product.symbol == symbol]
