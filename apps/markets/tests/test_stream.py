"""The stream: one event after another, each settled before the next, and never one lost or doubled."""

import numpy as np
import pytest

from apps.markets import registry, stream
from apps.markets.candles import load_range
from apps.markets.models import Candle, CandleChunk, Feed, MarketSession
from apps.markets.sources.replay import ReplaySource
from apps.markets.stream import Stream
from apps.markets.tests.markets import DAY, START, bars, recording
from apps.operations.models import Ownership
from apps.operations.ownership import Fenced, Owner

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]


class Wall:
    """Wall time that passes only in sleep."""

    def __init__(self):
        self.now, self.then = 1000.0, []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        for act in self.then:
            act()


@pytest.fixture
def wall(monkeypatch):
    wall = Wall()
    monkeypatch.setattr(stream, "time", wall)
    return wall


@pytest.fixture
def owner():
    owner = Owner("stream:test")
    owner.acquire()
    yield owner
    owner.release()


def playing(folder, candles, owner, *, speed=0, hold=0, sessions=1, **options):
    """A stream that stops by itself after so many sessions."""
    stop = options.pop("stopping", lambda: False)
    return Stream(
        ReplaySource(recording(folder, candles, **options), speed), owner=owner, hold=hold,
        stopping=lambda: stop() or MarketSession.objects.count() > sessions,
    )  # fmt: skip


def test_it_plays_a_recording_to_its_end_and_begins_anew(tmp_path, owner, heard):
    playing(tmp_path, bars(70), owner, sessions=2).run()
    assert [event.position for event in heard["events"]] == sorted({event.position for event in heard["events"]})
    assert len(heard["events"]) == 2 * 20
    first, second, third = MarketSession.objects.order_by("pk")
    for session in (first, second):
        played = load_range(session, Feed.objects.get().product, 60, start=START, end=START + DAY)
        assert played.tobytes() == bars(70).tobytes()
    assert heard["sessions"] == [(first, None), (second, first), (third, second)]


def test_nothing_happens_before_the_last_event_has_settled(tmp_path, owner, heard, wall, monkeypatch):
    asked = []

    def settled(product, position):
        asked.append(position)
        assert Feed.objects.get().position == position
        return len(asked) % 3 == 0

    monkeypatch.setattr(registry, "is_settled", [settled])
    playing(tmp_path, bars(63), owner).run()
    assert len(heard["events"]) == 6
    begins = heard["events"][0].position - 1  # at its start it settles what an earlier process may have left
    expected = [begins, *(event.position for event in heard["events"])]
    assert asked[:21] == [position for position in expected for _ in range(3)]
    assert Feed.objects.get().late == 0


def test_every_listener_must_have_settled(tmp_path, owner, wall, monkeypatch):
    done = iter([False, True, True])
    monkeypatch.setattr(registry, "is_settled", [lambda *_: next(done, True), lambda *_: wall.now > 1001])
    playing(tmp_path, bars(61), owner).run()
    assert wall.now > 1001


def test_after_the_hold_it_goes_on_and_counts_the_event_as_late(tmp_path, owner, wall, monkeypatch, caplog):
    monkeypatch.setattr(registry, "is_settled", [lambda product, position: position % 2 == 0])  # no BAR ever does
    lates = []
    registry.on_event.append(lambda event: lates.append(Feed.objects.get().late))
    playing(tmp_path, bars(63), owner, hold=2).run()
    assert lates == [1, 1, 2, 2, 3, 3]  # from before the first event, which a start settles too
    assert wall.now == pytest.approx(1000 + 4 * 2, abs=0.1)
    assert "did not settle within 2 s: goes on" in caplog.text


def test_the_feed_counts_what_was_late_and_records_what_has_settled(tmp_path, owner, wall, monkeypatch):
    ready = []
    monkeypatch.setattr(registry, "is_settled", [lambda product, position: bool(ready)])
    stop = []
    play = playing(tmp_path, bars(70), owner, hold=2, stopping=lambda: bool(stop))
    wall.then = [lambda: stop.append(1) if wall.now > 1005 else None]
    play.run()
    feed = Feed.objects.get()
    assert feed.late == 2
    assert feed.settled < feed.position
    ready.append(True)
    stop.clear()
    wall.then = []
    playing(
        tmp_path, bars(70), owner, stopping=lambda: Feed.objects.filter(position__gte=feed.position + 2).exists()
    ).run()
    after = Feed.objects.get()
    assert (after.late, after.settled) == (2, after.position)


def test_without_a_limit_it_waits_and_says_so_every_second(tmp_path, owner, wall, monkeypatch, caplog):
    monkeypatch.setattr(registry, "is_settled", [lambda *_: wall.now > 1004.5])
    playing(tmp_path, bars(61), owner, hold=0).run()
    assert [line.rpartition(" for ")[2] for line in caplog.messages if "has not settled" in line] == [
        "1 s", "2 s", "3 s", "4 s",
    ]  # fmt: skip


@pytest.mark.parametrize("speed", [20, 60, 240])
def test_it_plays_at_the_speed_it_was_given(tmp_path, owner, heard, wall, speed):
    when = []
    registry.on_event.append(lambda event: when.append((event.time - START - 3600, wall.now - 1000)))
    playing(tmp_path, np.delete(bars(70), [65]), owner, speed=speed).run()
    assert len(when) == 19
    for market, passed in when:
        assert passed == pytest.approx(market / speed, abs=0.01)


def test_time_lost_in_settling_is_not_made_up_in_a_rush(tmp_path, owner, heard, wall, monkeypatch):
    monkeypatch.setattr(registry, "is_settled", [lambda *_: not 1002 < wall.now < 1012])
    when = []
    registry.on_event.append(lambda event: when.append(wall.now))
    playing(tmp_path, bars(70), owner, speed=60).run()
    closes = np.diff(when[1::2])
    assert max(closes) > 9
    assert min(closes) > 0.98


def test_a_stop_is_obeyed_in_the_middle_of_a_wait(tmp_path, owner, heard, wall, monkeypatch):
    stop = []
    wall.then = [lambda: stop.append(1) if wall.now > 1000.5 else None]
    playing(tmp_path, bars(70), owner, speed=1, stopping=lambda: bool(stop)).run()
    assert wall.now < 1000.6
    assert len(heard["events"]) == 1
    stop.clear()
    monkeypatch.setattr(registry, "is_settled", [lambda *_: False])
    playing(tmp_path, bars(70), owner, stopping=lambda: bool(stop)).run()
    assert len(heard["events"]) == 1


def test_it_beats_every_second_also_while_it_waits(tmp_path, owner, wall, monkeypatch):
    beats = []
    monkeypatch.setattr(owner, "beat", lambda: beats.append(wall.now))
    playing(tmp_path, bars(61), owner, speed=10).run()
    assert len(beats) == 5
    assert np.diff(beats).max() < 1.1


def test_a_stream_that_was_replaced_stops_at_its_next_event(tmp_path, owner, heard):
    registry.on_event.append(lambda event: len(heard["events"]) == 3 and Ownership.objects.update(epoch=99))
    with pytest.raises(Fenced, match=r"stream:test: epoch \d+ was taken over by 99"):
        playing(tmp_path, bars(70), owner).run()
    assert len(heard["events"]) == 3
    assert Feed.objects.get().position == heard["events"][-1].position


def test_a_day_that_has_ended_becomes_chunks(tmp_path, owner):
    candles = bars(120, start=START + DAY - 4200)  # an hour of history, then ten minutes to midnight and fifty after
    stop = []
    registry.on_event.append(lambda event: event.time >= START + DAY + 600 and stop.append(1))
    playing(tmp_path, candles, owner, stopping=lambda: bool(stop)).run()
    session, product = MarketSession.objects.get(), Feed.objects.get().product
    assert not Candle.objects.filter(time__lt=START + DAY).exists()
    assert CandleChunk.objects.filter(timeframe=60, source="stream").get().bars == 70
    played = load_range(session, product, 60, start=START, end=START + 2 * DAY)
    assert played.tobytes() == candles[: len(played)].tobytes()
    assert len(played) == 80


def test_it_compacts_at_its_start_what_a_killed_process_left(tmp_path, owner, monkeypatch):
    candles = bars(120, start=START + DAY - 4200)
    stop = []
    registry.on_event.append(lambda event: event.time >= START + DAY and stop.append(1))
    monkeypatch.setattr(stream, "compact_day", lambda *_: None)  # killed before it could
    playing(tmp_path, candles, owner, stopping=lambda: bool(stop)).run()
    assert Candle.objects.filter(time__lt=START + DAY).exists()
    playing(tmp_path, candles, owner, stopping=lambda: not Candle.objects.filter(time__lt=START + DAY).exists()).run()
    assert not Candle.objects.filter(time__lt=START + DAY).exists()


def test_open_pages_get_the_price_of_every_event(tmp_path, owner, heard, monkeypatch):
    sent = []
    monkeypatch.setattr(stream, "send", lambda group, message: sent.append((group, message)))
    candles = np.delete(bars(63), [61])
    playing(tmp_path, candles, owner).run()
    assert {group for group, _ in sent} == {"market-replay"}
    opening, close, silence = (message for _, message in sent[:3])
    product, minute, bar = Feed.objects.get().product, START + 3600, candles[60]
    assert close == {
        "type": "live.price", "product_id": product.pk, "symbol": "BTC-USD", "price": bar["close"],
        "time": minute + 60, "position": heard["events"][1].position, "kind": 1, "bar": list(bar.tolist()),
    }  # fmt: skip
    assert opening["bar"] == [minute, *[bar["open"]] * 4, 0]
    assert (opening["kind"], opening["price"], opening["time"]) == (0, bar["open"], minute)
    assert (silence["kind"], silence["bar"], silence["price"]) == (2, None, bar["close"])
