"""Committing events: candles, feed and hooks in one transaction, each event once."""

from decimal import Decimal

import numpy as np
import pytest
from django.core.exceptions import ValidationError

from apps.markets import registry
from apps.markets.candles import load, load_range
from apps.markets.models import TIMEFRAMES, Candle, CandleChunk, Feed, MarketSession
from apps.markets.services import event_commit, product_upsert, session_open
from apps.markets.sources import Bar, SourceEvent
from apps.markets.tests.markets import DAY, START, bars, product
from apps.operations.models import Ownership
from apps.operations.ownership import Fenced, Owner
from engine.candles import aggregate
from engine.events import event_position
from engine.kinds import EventKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def market(heard):
    btc = product()
    opened = session_open(
        venue="replay", title="a test", history={btc: bars(60)}, starts=START + 3600, ends=START + DAY, speed=60
    )
    return opened, btc


def opening(minute: int, price: float) -> SourceEvent:
    return SourceEvent("BTC-USD", EventKind.OPEN, minute, Bar(price, price, price, price, 0.0))


def closing(minute: int, *values: float) -> SourceEvent:
    return SourceEvent("BTC-USD", EventKind.BAR, minute, Bar(*values))


def silence(minute: int) -> SourceEvent:
    return SourceEvent("BTC-USD", EventKind.TIME, minute, None)


def commit(market, *events):
    return [event_commit(session=market[0], product=market[1], event=event) for event in events]


def play(market, candles):
    for time, *values in candles.tolist():
        commit(market, opening(time, values[0]), closing(time, *values))


def at(market, minute, kind):
    return event_position(session=market[0].pk, time=minute, kind=kind)


T = START + 3600


def test_an_opening_shows_a_bar_that_has_only_its_open(market, heard):
    (event,) = commit(market, opening(T, 101.5))
    row = Candle.objects.get()
    assert (row.time, row.timeframe, row.closed) == (T, 60, False)
    assert (row.open, row.high, row.low, row.close, row.volume) == (101.5, 101.5, 101.5, 101.5, 0)
    feed = Feed.objects.get()
    assert (feed.position, feed.market_time, feed.price) == (at(market, T, EventKind.OPEN), T, 101.5)
    assert heard["events"] == [event]
    assert (event.kind, event.time, event.price, event.closed) == (EventKind.OPEN, T, 101.5, ())


def test_a_bar_completes_its_opening(market):
    _, event = commit(market, opening(T, 101.5), closing(T, 101.5, 105, 100, 104, 7.25))
    row = Candle.objects.get(timeframe=60)
    assert (row.open, row.high, row.low, row.close, row.volume, row.closed) == (101.5, 105, 100, 104, 7.25, True)
    feed = Feed.objects.get()
    assert (feed.position, feed.market_time, feed.price) == (at(market, T, EventKind.BAR), T + 60, 104)
    assert (event.time, event.price, event.closed) == (T + 60, 104, (60,))


def test_a_minute_without_a_trade_moves_the_clock_but_not_the_price(market):
    *_, event = commit(market, opening(T, 101), closing(T, 101, 105, 100, 104, 7), silence(T + 60))
    feed = Feed.objects.get()
    assert (feed.position, feed.market_time, feed.price) == (at(market, T + 60, EventKind.TIME), T + 120, 104)
    assert Candle.objects.count() == 1
    assert (event.kind, event.time, event.price, event.closed) == (EventKind.TIME, T + 120, 104, ())


def test_silence_closes_a_higher_bar_when_somebody_traded_in_it(market):
    play(market, bars(2, start=T))
    events = commit(market, silence(T + 120), silence(T + 180), silence(T + 240))
    assert [event.closed for event in events] == [(), (), (300,)]
    assert load(*market, 300, until=T + 300, count=1).tolist() == aggregate(bars(2, start=T), 300).tolist()


def test_a_higher_bar_in_which_nobody_traded_does_not_exist(market):
    events = commit(market, *[silence(T + 60 * i) for i in range(15)])
    assert {event.closed for event in events} == {()}
    assert Candle.objects.count() == 0


def test_what_was_played_is_what_the_file_aggregates_to(heard):
    candles = np.delete(bars(1440, seed=3), [3, 4, 1209, *range(1290, 1310), 1400, 1439])
    begins = START + 20 * 3600
    history = candles[candles["time"] < begins]
    btc = product()
    opened = session_open(venue="replay", title="x", history={btc: history}, starts=begins, ends=START + DAY)
    for minute in range(begins, START + DAY, 60):
        bar = candles[candles["time"] == minute]
        play((opened, btc), bar)
        if not len(bar):
            commit((opened, btc), silence(minute))
    for seconds in TIMEFRAMES.values():
        stored = load(opened, btc, seconds, until=START + DAY, count=9999)
        assert stored.tobytes() == aggregate(candles, seconds).tobytes(), seconds


def test_an_event_is_committed_once(market, heard):
    events = [opening(T, 101), closing(T, 101, 105, 100, 104, 7)]
    commit(market, *events)
    before = list(Candle.objects.values())
    assert commit(market, *events) == [None, None]
    assert commit(market, silence(T - 60), closing(T, 1, 1, 1, 1, 1)) == [None, None]
    assert list(Candle.objects.values()) == before
    assert len(heard["events"]) == 2


def test_an_event_and_its_effects_are_one_transaction(market, monkeypatch):
    def fail(event):
        raise RuntimeError("a hook failed")

    monkeypatch.setattr(registry, "on_event", [fail])
    before = Feed.objects.get().position
    with pytest.raises(RuntimeError):
        commit(market, opening(T, 101))
    assert Feed.objects.get().position == before
    assert Candle.objects.count() == 0


def test_an_owner_that_was_replaced_writes_nothing(market, heard):
    owner = Owner("stream:test")
    owner.acquire()
    try:
        event_commit(session=market[0], product=market[1], event=opening(T, 101), owner=owner)
        Ownership.objects.update(epoch=owner.epoch + 1)  # another process took over
        before = Feed.objects.get().position
        with pytest.raises(Fenced):
            event_commit(session=market[0], product=market[1], event=silence(T), owner=owner)
        with pytest.raises(Fenced):
            session_open(venue="replay", title="x", history={}, starts=0, ends=0, owner=owner)
    finally:
        owner.release()
    assert Feed.objects.get().position == before
    assert MarketSession.objects.count() == 1
    assert len(heard["events"]) == 1


def test_a_session_begins_warm_and_just_before_its_first_event(market, heard):
    opened, btc = market
    feed = Feed.objects.get()
    assert feed.position == at(market, T, EventKind.OPEN) - 1
    assert (feed.market_time, feed.price, feed.settled) == (T, bars(60)["close"][-1], feed.position)
    assert load_range(opened, btc, 60, start=START, end=T).tobytes() == bars(60).tobytes()
    assert load(opened, btc, 900, until=T, count=9).tobytes() == aggregate(bars(60), 900).tobytes()
    assert heard["sessions"] == [(opened, None)]


def test_the_next_session_closes_the_one_before_and_its_positions_are_higher(market, heard):
    opened, btc = market
    play(market, bars(3, start=T))
    last = Feed.objects.get().position
    following = session_open(venue="replay", title="again", history={btc: bars(60)}, starts=T, ends=START + DAY)
    opened.refresh_from_db()
    assert opened.closed is not None
    assert following.closed is None
    assert heard["sessions"][-1] == (following, opened)
    assert Feed.objects.get().position > last
    assert Candle.objects.count() == 0
    assert load_range(opened, btc, 60, start=T, end=T + 180).tobytes() == bars(3, start=T).tobytes()
    assert commit(market, opening(T + 180, 1)) == [None]


def test_sessions_of_another_venue_are_left_alone(market):
    session_open(venue="elsewhere", title="x", history={}, starts=0, ends=0)
    assert MarketSession.objects.filter(closed=None).count() == 2


LISTING = {
    "venue": "replay",
    "symbol": "ETH-USD",
    "base_increment": Decimal("0.00000001"),
    "quote_increment": Decimal("0.01"),
    "base_min_size": Decimal("0.00000001"),
    "quote_min_size": Decimal(1),
}


def test_a_product_is_added_once_and_then_brought_up_to_date():
    first = product_upsert(**LISTING)
    assert (first.base, first.quote, first.status) == ("ETH", "USD", "online")
    second = product_upsert(**(LISTING | {"quote_increment": Decimal("0.05")}))
    assert second.pk == first.pk
    assert second.quote_increment == Decimal("0.05")


@pytest.mark.parametrize("symbol", ["", "ETH", "eth-usd", "ETH-", "-USD", "ETH/USD", "ETH-USD-X"])
def test_a_symbol_must_be_base_and_quote(symbol):
    with pytest.raises(ValidationError, match="must be BASE-QUOTE in capitals like BTC-USD, was"):
        product_upsert(**(LISTING | {"symbol": symbol}))


@pytest.mark.parametrize("field", ["base_increment", "quote_increment", "base_min_size", "quote_min_size"])
@pytest.mark.parametrize("size", ["0", "-1", "NaN", "Infinity"])
def test_a_products_sizes_must_be_positive(field, size):
    with pytest.raises(ValidationError, match="must be above 0, was") as caught:
        product_upsert(**(LISTING | {field: Decimal(size)}))
    assert list(caught.value.message_dict) == [field]


def test_history_is_stored_in_every_timeframe(market):
    assert set(CandleChunk.objects.values_list("timeframe", flat=True)) == {60, 300, 900, 3600}
