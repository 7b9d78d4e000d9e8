"""The coinbase source end to end: a local exchange with faults, the live stream, and the rows it leaves."""

import numpy as np
import pytest

from apps.markets import registry
from apps.markets.candles import load_range
from apps.markets.models import Candle, Feed, MarketSession, Product, QuarantinedTrade, StreamState
from apps.markets.seconds import seconds_load
from apps.markets.tests.coinbase import NOON, committed, day, kinds, listening, minutes, until
from engine.kinds import EventKind
from tradingsite.testing.coinbase.tape import product_row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]
OPEN, BAR, TIME = EventKind.OPEN, EventKind.BAR, EventKind.TIME


def test_trades_become_seconds_minutes_and_events(run, fake, heard):
    def script():
        yield from listening(fake)
        fake.trade("BTC-USD", "101", "1")
        fake.tape.pass_time(20)
        fake.trade("BTC-USD", "99", "2")
        yield from until(lambda: kinds(heard) == [OPEN])
        assert [row.closed for row in Candle.objects.filter(time=NOON)] == [False]
        fake.tape.pass_time(42)
        yield from committed(NOON)
        yield from until(lambda: Feed.objects.get().heard is not None)

    run(script())
    assert minutes() == [(NOON, 101, 101, 99, 99, 3)]
    assert kinds(heard) == [OPEN, BAR]
    feed = Feed.objects.get()
    seconds = seconds_load(feed.session, feed.product, start=0, end=NOON + 60)
    assert seconds.tolist() == [(NOON, 101, 101, 101, 101, 1), (NOON + 20, 99, 99, 99, 99, 2)]
    assert (day().trades, day().minutes, day().empty, day().backfilled) == (2, 1, 0, 0)
    session = MarketSession.objects.get()
    assert (session.venue, session.simulated, session.title) == ("coinbase", False, "Coinbase live data")


def seconds():
    """What was recorded, since noon: second, opening price and volume."""
    feed = Feed.objects.select_related("session", "product").get(product__symbol="BTC-USD")
    bars = seconds_load(feed.session, feed.product, start=NOON, end=NOON + 600)
    return [(time - NOON, opened, round(volume, 6)) for time, opened, _, _, _, volume in bars.tolist()]


def test_seconds_are_recorded_while_their_minute_goes_on(run, fake, heard):
    def script():
        yield from listening(fake)
        fake.trade("BTC-USD", "101", "1")
        yield from until(lambda: kinds(heard) == [OPEN])
        before = Feed.objects.get()
        fake.tape.pass_time(7)
        fake.trade("BTC-USD", "99", "2")
        yield from until(lambda: seconds() == [(0, 101, 1)])
        assert Feed.objects.get().recorded == before.recorded + 2  # its OPEN and its BAR
        fake.tape.pass_time(2)  # the clock ends a second, too
        yield from until(lambda: len(seconds()) == 2)
        assert [len(bars) for told in heard["seconds"] for bars in told.values()] == [1, 1]
        assert (Feed.objects.get().position, Feed.objects.get().market_time) == (before.position, NOON)
        fake.tape.pass_time(53)
        yield from committed(NOON)

    run(script())
    assert seconds() == [(0, 101, 1), (7, 99, 2)]
    feed = Feed.objects.get()
    assert feed.recorded == feed.position
    assert MarketSession.objects.get().granularity == 1


def test_of_a_minute_that_lost_a_trade_only_the_seconds_before_it_are_recorded(run, fake, heard):
    def script():
        yield from listening(fake)
        fake.trade("BTC-USD", "101")
        fake.tape.pass_time(5)
        fake.trade("BTC-USD", "102")
        yield from until(lambda: seconds() == [(0, 101, 0.1)])
        fake.trade("BTC-USD", "200", "5", told=False)
        fake.tape.pass_time(5)
        fake.trade("BTC-USD", "103")
        fake.tape.pass_time(5)
        fake.trade("BTC-USD", "104")
        fake.tape.pass_time(47)
        yield from committed(NOON)

    run(script())
    assert minutes() == [(NOON, 101, 200, 101, 104, 5.4)]
    assert seconds() == [(0, 101, 0.1)]


def test_seconds_wait_behind_the_open_that_waits_for_decisions(run, fake, heard, monkeypatch):
    settled = []
    monkeypatch.setattr(registry, "is_settled", [lambda product, position: bool(settled)])

    def script():
        yield from listening(fake)
        fake.trade("BTC-USD", "101")
        fake.tape.pass_time(60)
        fake.trade("BTC-USD", "102")
        fake.tape.pass_time(3)
        fake.trade("BTC-USD", "103")
        yield from until(lambda: kinds(heard) == [OPEN, BAR])
        for _ in range(10):
            yield False
        assert seconds() == [(0, 101, 0.1)]
        settled.append(True)
        yield from until(lambda: seconds() == [(0, 101, 0.1), (60, 102, 0.1)])

    run(script(), hold=60)


def test_a_product_begins_with_history_and_its_increments(run, fake):
    fake.tape.products["BTC-USD"] |= {"price_increment": "0.05", "base_increment": "0.001"}
    fake.tape.products["ADA-USD"] = product_row("ADA-USD", limit_only=True)
    fake.tape.products["ADA-EUR"] = product_row("ADA-EUR")
    fake.tape.products["BTC-USDC"] = product_row("BTC-USDC", alias="BTC-USD")

    run(listening(fake))
    product = Product.objects.get(symbol="BTC-USD")
    assert (product.venue, str(product.quote_increment.normalize()), product.status) == ("coinbase", "0.05", "online")
    assert dict(Product.objects.values_list("symbol", "status")) == {
        "BTC-USD": "online", "ETH-USD": "online", "ADA-USD": "halted",
    }  # fmt: skip
    session = MarketSession.objects.get()
    assert len(load_range(session, product, 60, start=0, end=NOON)) == 999
    hours = load_range(session, product, 3600, start=0, end=NOON)
    assert len(hours) == 17
    assert np.all(hours["time"] + 3600 <= NOON)  # the hour in progress is not history
    assert Feed.objects.get().price == 100


def test_a_market_that_was_closed_for_a_moment_opens_with_the_next_look(run, fake, monkeypatch):
    """The whole list is read every ten minutes: sales would wait so long."""
    monkeypatch.setattr("apps.markets.sources.coinbase.LOOK", 0)
    fake.tape.products["BTC-USD"] = product_row("BTC-USD", trading_disabled=True)

    def script():
        yield from until(lambda: Product.objects.filter(symbol="BTC-USD", status="halted").exists())
        fake.tape.products["BTC-USD"] = product_row("BTC-USD")
        yield from until(lambda: Product.objects.filter(symbol="BTC-USD", status="online").exists())

    run(script())


def test_a_minute_without_a_trade_is_told_as_time(run, fake, heard):
    def script():
        yield from listening(fake)
        fake.tape.pass_time(62)
        yield from committed(NOON)

    run(script())
    assert kinds(heard) == [TIME]
    assert (day().minutes, day().empty) == (1, 1)


def test_a_short_loss_of_the_connection_loses_nothing(run, fake, heard):
    def script():
        yield from listening(fake)
        fake.trade("BTC-USD", "101")
        yield from until(lambda: kinds(heard) == [OPEN])
        fake.socket.refuse = True
        fake.socket.drop()
        yield from until(lambda: not fake.socket.clients)
        fake.tape.pass_time(30)
        fake.trade("BTC-USD", "105")
        fake.tape.pass_time(60)
        fake.trade("BTC-USD", "106")
        fake.socket.refuse = False
        yield from committed(NOON)

    run(script())
    assert minutes()[0] == (NOON, 101, 105, 101, 105, 0.2)
    assert (day().gaps, day().backfilled) == (0, 0)


def test_minutes_that_nobody_saw_are_fetched_and_marked(run, fake, heard):
    def script():
        yield from listening(fake)
        fake.trade("BTC-USD", "101")
        yield from until(lambda: kinds(heard) == [OPEN])
        fake.socket.refuse = True
        fake.socket.drop()
        yield from until(lambda: not fake.socket.clients)
        for price in range(102, 302):  # more than a snapshot shows
            fake.tape.pass_time(1)
            fake.trade("BTC-USD", str(price))
        fake.socket.refuse = False
        yield from committed(NOON + 120)
        fake.tape.pass_time(60)
        yield from committed(NOON + 180)

    run(script())
    found = minutes()
    assert [row[0] - NOON for row in found] == [0, 60, 120, 180]
    assert [row[1] for row in found] == [101, 161, 221, 281]  # opens
    assert [row[4] for row in found] == [160, 220, 280, 301]  # closes
    assert kinds(heard) == [OPEN, BAR] * 4
    positions = [event.position for event in heard["events"]]
    assert positions == sorted(set(positions))
    assert day().gaps == 1
    assert day().lost == 100
    assert day().backfilled == 2  # the snapshot reaches behind the third


def test_a_gap_in_the_sequence_is_bridged_by_the_next_snapshot(run, fake):
    def script():
        yield from listening(fake)
        fake.socket.skip = 1
        fake.trade("BTC-USD", "101")  # this is what is lost
        yield from until(lambda: fake.socket.connections == 2)
        yield from listening(fake, times=2)
        fake.trade("BTC-USD", "102")
        fake.tape.pass_time(62)
        yield from committed(NOON)
        yield from until(lambda: StreamState.objects.get().gaps == 1)

    run(script())
    assert minutes() == [(NOON, 101, 102, 101, 102, 0.2)]
    assert (day().gaps, day().backfilled) == (0, 0)


def test_a_trade_that_is_never_told_is_found_by_its_number(run, fake):
    def script():
        yield from listening(fake)
        fake.trade("BTC-USD", "101")
        fake.trade("BTC-USD", "200", "5", told=False)
        fake.trade("BTC-USD", "102")
        fake.tape.pass_time(62)
        yield from committed(NOON)

    run(script())
    assert minutes() == [(NOON, 101, 200, 101, 102, 5.2)]
    assert (day().gaps, day().lost, day().backfilled) == (1, 1, 1)


@pytest.mark.parametrize("fault", ["duplicate", "reorder"])
def test_doubled_and_disordered_messages_change_nothing(run, fake, fault):
    def script():
        yield from listening(fake)
        for price in range(101, 131):
            setattr(fake.socket, fault, 1)
            fake.trade("BTC-USD", str(price))
            yield False
        setattr(fake.socket, fault, 0)
        yield from until(lambda: fake.socket.subscribed("market_trades"))
        fake.tape.pass_time(62)
        yield from committed(NOON)

    run(script())
    ((time_, opened, high, low, close, volume),) = minutes()
    assert (time_, opened, high, low, close, round(volume, 6)) == (NOON, 101, 130, 101, 130, 3.0)


def test_a_trade_that_nobody_believes_is_kept_apart(run, fake):
    def script():
        yield from listening(fake)
        fake.trade("BTC-USD", "101", "1")
        fake.trade("BTC-USD", "300", "0.0001")
        fake.trade("BTC-USD", "102", "1")
        fake.tape.pass_time(62)
        yield from committed(NOON)

    run(script())
    assert minutes() == [(NOON, 101, 102, 101, 102, 2)]
    assert day().quarantined == 1
    doubted = QuarantinedTrade.objects.get()
    assert (float(doubted.price), doubted.reference) == (300, 101)


def test_while_rest_is_away_what_was_missed_stays_open_and_comes_later(run, fake, heard):
    def script():
        yield from listening(fake)
        fake.rest.faults += [503] * 3
        fake.trade("BTC-USD", "101")
        fake.trade("BTC-USD", "200", told=False)
        fake.trade("BTC-USD", "102")
        fake.tape.pass_time(62)
        yield from until(lambda: len(fake.rest.faults) < 3)
        assert kinds(heard) == [OPEN]
        yield from committed(NOON)

    run(script())
    assert minutes()[0][2] == 200
    assert day().backfilled == 1


def test_it_goes_on_where_an_earlier_process_stopped(run, fake, heard):
    def first():
        yield from listening(fake)
        fake.trade("BTC-USD", "101")
        yield from until(lambda: kinds(heard) == [OPEN])

    def second():
        yield from listening(fake, times=2)
        fake.tape.pass_time(62)
        yield from committed(NOON + 120)

    run(first())
    fake.trade("BTC-USD", "103")
    fake.tape.pass_time(60)
    fake.trade("BTC-USD", "104")
    fake.tape.pass_time(60)
    fake.trade("BTC-USD", "105")
    run(second())
    assert [(row[1], row[4]) for row in minutes()] == [(101, 103), (104, 104), (105, 105)]
    assert kinds(heard) == [OPEN, BAR] * 3
    assert MarketSession.objects.count() == 1
    assert not Candle.objects.filter(closed=False).exists()


def test_after_a_long_absence_only_the_last_hour_comes_as_events(run, fake, heard):
    def listen():
        yield from listening(fake)
        fake.tape.pass_time(62)
        yield from committed(NOON)

    run(listen())
    before = len(heard["events"])
    fake.tape.remember("BTC-USD", [(NOON + 60 * number, str(number)) for number in range(1, 500)])
    fake.tape.pass_time(500 * 60)
    fake.trade("BTC-USD", "500")

    def again():
        yield from listening(fake, times=2)
        yield from committed(NOON + 499 * 60)

    run(again())
    assert [row[1] for row in minutes()][:499] == list(range(1, 500))
    assert len(heard["events"]) - before <= 2 * 62
    feed = Feed.objects.get()
    hours = load_range(feed.session, feed.product, 3600, start=NOON + 3600, end=NOON + 8 * 3600)
    assert hours["open"].tolist() == [60, 120, 180, 240, 300, 360, 420]
    assert hours["volume"].tolist() == [60] * 7


def test_products_are_streamed_as_long_as_somebody_needs_them(run, fake, monkeypatch):
    needed = []
    monkeypatch.setattr(registry, "products_in_use", [lambda venue: needed])

    def script():
        yield from listening(fake)
        needed.append(Product.objects.get(symbol="ETH-USD").pk)
        yield from until(lambda: fake.socket.subscribed("market_trades") == {"BTC-USD", "ETH-USD"})
        fake.trade("ETH-USD", "11")
        fake.tape.pass_time(62)
        yield from until(lambda: len(minutes("ETH-USD")) == 1)
        needed.clear()
        yield from until(lambda: fake.socket.subscribed("market_trades") == {"BTC-USD"})

    run(script())
    assert minutes("ETH-USD") == [(NOON, 11, 11, 11, 11, 0.1)]
    assert fake.socket.connections == 1


def test_an_open_waits_until_the_bar_before_it_has_settled(run, fake, heard, monkeypatch):
    settled = []
    monkeypatch.setattr(registry, "is_settled", [lambda product, position: bool(settled)])

    def script():
        yield from listening(fake)
        fake.trade("BTC-USD", "101")
        fake.tape.pass_time(60)
        fake.trade("BTC-USD", "102")
        yield from until(lambda: kinds(heard) == [OPEN, BAR])
        for _ in range(10):
            yield False
        assert kinds(heard) == [OPEN, BAR]
        settled.append(True)
        yield from until(lambda: kinds(heard) == [OPEN, BAR, OPEN])

    run(script(), hold=60)
    assert Feed.objects.get().late == 0


def test_a_bar_that_never_settles_holds_the_market_only_so_long(run, fake, heard, monkeypatch):
    monkeypatch.setattr(registry, "is_settled", [lambda product, position: False])

    def script():
        yield from listening(fake)
        fake.trade("BTC-USD", "101")
        fake.tape.pass_time(60)
        fake.trade("BTC-USD", "102")
        yield from until(lambda: kinds(heard) == [OPEN, BAR, OPEN])

    run(script(), hold=0.1)
    assert Feed.objects.get().late == 1


def test_a_snapshot_that_does_not_come_is_asked_for_again(run, fake):
    fake.socket.forget = 1

    def script():
        yield from listening(fake)
        yield from until(lambda: Feed.objects.get().heard)

    run(script(), silence=0.3)
    asked = [request["type"] for request in fake.socket.requests if request["channel"] == "market_trades"]
    assert asked == ["subscribe", "unsubscribe", "subscribe"]
    assert fake.socket.connections == 1


def test_silence_makes_the_market_stale_and_its_end_makes_it_whole(run, fake):
    def script():
        yield from listening(fake)
        yield from until(lambda: Feed.objects.get().heard)
        fake.socket.silent = True
        yield from until(lambda: StreamState.objects.get().connected is False)
        stale = Feed.objects.get().heard
        fake.socket.silent = False
        yield from until(lambda: Feed.objects.get().heard > stale)

    run(script(), silence=0.3)
    assert fake.socket.connections >= 2
