"""The stream of a live market as a process: killed, stopped and started it misses no minute and doubles none."""

import signal

import pytest

from apps.markets.candles import load_range
from apps.markets.condition import stream_switch
from apps.markets.models import Candle, Feed, MarketSession, SeriesDay
from apps.markets.status import stream_status
from apps.operations.models import Ownership
from tradingsite.testing.coinbase import fake_coinbase
from tradingsite.testing.processes import PATIENCE, streams, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]
NOON = 1_800_014_400


@pytest.fixture
def fake():
    with fake_coinbase("BTC-USD", time=NOON - 30.0) as fake:
        fake.tape.remember("BTC-USD", [(NOON - 60 * back, "100") for back in range(1, 120)])
        fake.trade("BTC-USD", "100")
        fake.tape.pass_time(30)
        yield fake


@pytest.fixture
def stream(fake):
    """Starts streams of the stand-in on the test's database; none is left behind."""
    environ = {
        "MARKET": "coinbase", "COINBASE_PRODUCTS": "BTC-USD",
        "COINBASE_REST": fake.addresses.rest, "COINBASE_SOCKET": fake.addresses.socket,
    }  # fmt: skip
    with streams() as start:
        yield lambda: start(**environ)


def market_time():
    return Feed.objects.values_list("market_time", flat=True).first() or 0


def test_it_survives_kill_9_without_a_lost_or_doubled_minute(stream, fake):
    process = stream()
    for minute in range(2):
        wait_until(lambda: fake.socket.subscribed("market_trades"))
        fake.trade("BTC-USD", str(101 + minute))
        wait_until(lambda minute=minute: Candle.objects.filter(time=NOON + 60 * minute, timeframe=60).exists())
        process.kill()  # the minute has its OPEN
        process.wait()
        fake.trade("BTC-USD", str(201 + minute))
        fake.tape.pass_time(60)
        fake.trade("BTC-USD", str(101 + minute + 1))
        fake.tape.pass_time(5)  # then REST knows the minute
        process = stream()
        wait_until(lambda minute=minute: market_time() >= NOON + 60 * (minute + 1))
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "Traceback" not in errors
    feed = Feed.objects.select_related("session", "product").get()
    minutes = load_range(feed.session, feed.product, 60, start=NOON, end=NOON + 120)
    assert minutes["open"].tolist() == [101, 102]
    assert minutes["high"].tolist() == [201, 202]
    assert minutes["volume"].round(6).tolist() == [0.2, 0.3]
    assert SeriesDay.objects.get().minutes == 2
    assert MarketSession.objects.count() == 1
    assert Ownership.objects.get(name="stream:coinbase").epoch == 3


def test_operators_let_it_rest_and_start_it_again(stream, fake):
    process = stream()
    wait_until(lambda: fake.socket.subscribed("market_trades"))
    stream_switch(venue="coinbase", wanted=False, by=None, reason="a doubt")
    wait_until(lambda: not fake.socket.clients)
    wait_until(lambda: stream_status("coinbase").trouble == "stopped by an operator")
    assert process.poll() is None
    fake.trade("BTC-USD", "150")
    fake.tape.pass_time(120)
    fake.trade("BTC-USD", "151")
    fake.tape.pass_time(5)  # then REST knows the minutes
    stream_switch(venue="coinbase", wanted=True, by=None, reason="over")
    wait_until(lambda: market_time() >= NOON + 120)
    wait_until(lambda: stream_status("coinbase").word == "live")
    feed = Feed.objects.select_related("session", "product").get()
    assert load_range(feed.session, feed.product, 60, start=NOON, end=NOON + 120)["open"].tolist() == [150]
