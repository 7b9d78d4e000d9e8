"""The events of a market, read back from its candles, while the stream goes on writing."""

import pytest

from apps.markets import events
from apps.markets.events import events_between
from apps.markets.models import Feed
from apps.markets.sources import MINUTE
from engine.kinds import EventKind
from tradingsite.testing.market import Market, make_product

FLAT = (100, 100, 100, 100, 5)
OPEN, BAR = EventKind.OPEN, EventKind.BAR


@pytest.fixture
def market(db):
    return Market(make_product())


def feed(market):
    return Feed.objects.select_related("session", "product").get(product=market.product)


def read(market, after=0, until=None):
    here = feed(market)
    found = events_between(here, after, here.position if until is None else until)
    return [(EventKind(event["kind"]), event["time"] - market.session.starts, event["open"]) for event, _ in found]


def test_each_minute_gives_its_open_and_its_bar(market):
    market.bars(100, 101)
    market.commit(market.product, OPEN, (102,))
    assert read(market) == [
        (OPEN, 0, 100), (BAR, 60, 100), (OPEN, 60, 101), (BAR, 120, 101), (OPEN, 120, 102),
    ]  # fmt: skip


def test_only_events_between_the_positions_are_read(market):
    market.bar(100)
    after = feed(market).position
    market.bar(101)
    until = feed(market).position
    market.bar(102)
    assert read(market, after, until) == [(OPEN, 60, 101), (BAR, 120, 101)]


@pytest.mark.parametrize("first", ["the stream", "the reader"])
def test_a_minute_that_closes_while_it_is_read_gives_its_open_once(market, monkeypatch, first):
    market.commit(market.product, OPEN, FLAT)
    here = feed(market)
    load_range = events.load_range

    def race(*args, **kwargs):
        if first == "the stream":
            market.commit(market.product, BAR, FLAT)
            return load_range(*args, **kwargs)
        bars = load_range(*args, **kwargs)
        market.commit(market.product, BAR, FLAT)
        return bars

    monkeypatch.setattr(events, "load_range", race)
    assert [EventKind(event["kind"]) for event, _ in events_between(here, 0, here.position)] == [OPEN]


def test_a_minute_without_trades_has_no_event(market):
    market.bar(100)
    market.silence()
    assert [time for _, time, _ in read(market)] == [0, MINUTE]
