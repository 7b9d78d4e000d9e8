"""The stream as a process: killed at any moment it goes on exactly where the market stood."""

import random
import signal
import time

import pytest

from apps.markets.candles import load_range
from apps.markets.files import read_candles
from apps.markets.models import TIMEFRAMES, Candle, Feed, MarketSession
from apps.markets.recordings import DEFAULT, RECORDINGS
from apps.operations.models import Ownership
from engine.candles import aggregate
from tradingsite.testing.processes import PATIENCE, streams, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def processes():
    """Starts streams of the recording on the test's database; none is left behind."""
    with streams() as start:
        yield lambda speed="0": start(REPLAY_SPEED=speed, REPLAY_HOLD="0")


def played():
    feed = Feed.objects.filter(session__venue="replay").first()
    return (feed.market_time - feed.session.starts) // 60 if feed else -1


def assert_market_is_whole():
    """Every bar up to where the feed stands is there once and as recorded, in every timeframe."""
    feed = Feed.objects.select_related("session", "product").get()
    candles = read_candles(RECORDINGS[DEFAULT].listings[0].file)
    candles = candles[candles["time"] + 60 <= feed.market_time]
    for timeframe in TIMEFRAMES.values():
        expected = aggregate(candles, timeframe)
        expected = expected[expected["time"] + timeframe <= feed.market_time]
        stored = load_range(feed.session, feed.product, timeframe, start=0, end=feed.market_time)
        assert stored.tobytes() == expected.tobytes()
    assert Candle.objects.filter(closed=False).count() <= 1
    assert MarketSession.objects.count() == 1


def test_it_survives_kill_9_without_a_lost_or_doubled_bar(processes):
    """Each owner is killed at some moment; the stand-by that has waited takes over."""
    moments = random.Random(20200210)
    owner = processes()
    for epoch in range(1, 4):
        wait_until(lambda epoch=epoch: Ownership.objects.filter(epoch=epoch).exists())
        before = played()
        wait_until(lambda before=before: played() > before)
        stand_by = processes()
        time.sleep(moments.uniform(0, 3))
        owner.kill()
        owner.wait()
        owner = stand_by
    before = played()
    wait_until(lambda: played() > before + 5)
    owner.kill()
    owner.wait()
    assert_market_is_whole()
    assert Ownership.objects.get(name="stream:replay").epoch == 4


def test_a_stale_owner_ends_with_a_message(processes):
    process = processes()
    wait_until(lambda: played() > 0)
    Ownership.objects.update(epoch=99)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "stops: stream:replay: epoch 1 was taken over by 99" in errors
    assert "Traceback" not in errors


def test_it_obeys_a_stop_at_once_and_cleanly(processes):
    process = processes(speed="1")
    wait_until(lambda: played() >= 0)
    process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    _, errors = process.communicate(timeout=PATIENCE)
    assert time.monotonic() - started < 10  # one minute of the market is a minute of ours: it did not wait for it
    assert process.returncode == 0
    assert "Traceback" not in errors
