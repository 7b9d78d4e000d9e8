"""The replay source: recorded candles become events, from any position on, session after session."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from apps.markets.files import CandleFileError, read_candles
from apps.markets.models import Feed, MarketSession, Product
from apps.markets.recordings import DEFAULT, FOLDER, RECORDINGS
from apps.markets.services import event_commit
from apps.markets.sources.replay import ReplaySource
from apps.markets.tests.markets import START, bars, recording
from engine.kinds import EventKind

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]


@pytest.fixture
def candles():
    return np.delete(bars(80), [62, 70, 71])


@pytest.fixture
def source(tmp_path, candles):
    return ReplaySource(recording(tmp_path, candles), speed=60)


def commit_all(session, events):
    for event in events:
        event_commit(session=session, product=Product.objects.get(symbol=event.symbol), event=event)


def test_a_bar_is_an_opening_and_a_close_and_a_missing_minute_is_time(source, candles):
    session = source.begin(None)
    events = list(source.events(session, after=0))
    assert [(event.kind.name, (event.minute - START) // 60) for event in events[:7]] == [
        ("OPEN", 60), ("BAR", 60), ("OPEN", 61), ("BAR", 61), ("TIME", 62), ("OPEN", 63), ("BAR", 63),
    ]  # fmt: skip
    assert len(events) == 2 * 17 + 3
    first, second = events[:2]
    assert (first.time, second.time) == (START + 3600, START + 3660)
    assert (first.bar.open, first.bar.close, first.bar.volume) == (candles[60]["open"], candles[60]["open"], 0)
    assert (second.bar.open, second.bar.high, second.bar.low, second.bar.close, second.bar.volume) == tuple(
        candles[60].tolist()[1:]
    )


def test_positions_only_rise(source):
    session = source.begin(None)
    positions = [event.position(session) for event in source.events(session, after=0)]
    assert all(before < after for before, after in pairwise(positions))


def test_it_goes_on_after_any_position(source):
    session = source.begin(None)
    events = list(source.events(session, after=Feed.objects.get().position))
    for index, event in enumerate(events):
        assert list(source.events(session, after=event.position(session))) == events[index + 1 :]


def test_it_begins_with_history_and_names_what_it_plays(source):
    session = source.begin(None)
    assert (session.title, session.recording, session.speed) == ("recorded test market", "test", 60)
    assert (session.starts, session.ends) == (START + 3600, START + 4800)
    assert source.begin(None) == session


def test_the_end_of_the_recording_opens_the_next_session(source, heard):
    first = source.begin(None)
    *most, last = source.events(first, after=0)
    commit_all(first, most)
    assert source.begin(None) == first
    commit_all(first, [last])
    second = source.begin(None)
    assert second.pk > first.pk
    assert heard["sessions"][-1] == (second, first)
    assert [event.minute for event in source.events(second, after=Feed.objects.get().position)] == [
        event.minute for event in [*most, last]
    ]


def test_another_recording_opens_a_session_of_its_own(source):
    first = source.begin(None)
    other = ReplaySource(replace(source.recording, key="other", title="another"), speed=60)
    assert other.begin(None) != first
    assert MarketSession.objects.get(closed=None).title == "another"


def test_the_speed_that_is_shown_is_the_speed_that_is_played(source):
    source.begin(None)
    assert ReplaySource(source.recording, speed=5).begin(None).speed == 5


def test_products_are_played_side_by_side(tmp_path):
    btc = recording(tmp_path, np.delete(bars(64), [61]))
    eth = recording(tmp_path, np.delete(bars(64, seed=2), [62]), symbol="ETH-USD")
    source = ReplaySource(replace(btc, listings=btc.listings + eth.listings), speed=0)
    session = source.begin(None)
    events = list(source.events(session, after=0))
    assert [(event.symbol[:3], event.kind.name) for event in events[4:12]] == [
        ("ETH", "OPEN"), ("BTC", "TIME"), ("ETH", "BAR"), ("BTC", "OPEN"),
        ("BTC", "BAR"), ("ETH", "TIME"), ("BTC", "OPEN"), ("ETH", "OPEN"),
    ]  # fmt: skip
    commit_all(session, events)
    assert {feed.market_time for feed in Feed.objects.all()} == {START + 64 * 60}


def test_it_refuses_a_recording_that_is_not_in_minutes(tmp_path, candles):
    candles["time"][7] += 30
    with pytest.raises(CandleFileError, match="row 8, column time: must be whole minutes"):
        ReplaySource(recording(tmp_path, candles), speed=60)


def test_what_is_shipped_plays_six_days_after_one_of_history():
    shipped = RECORDINGS[DEFAULT]
    source = ReplaySource(shipped, speed=60)
    assert (source.starts, source.ends) == (START + 86_400, START + 7 * 86_400)
    assert len(read_candles(shipped.listings[0].file)) == 7 * 1440
    assert source.recording.title == "recorded BTC-USD, February 2020"


def test_every_shipped_recording_is_named_with_its_licence():
    notice = (FOLDER / "NOTICE.md").read_text()
    for file in FOLDER.glob("*.parquet"):
        assert file.name in notice
    assert "Permission is hereby granted, free of charge" in notice


def test_every_shipped_recording_has_a_file_and_a_key_of_its_own():
    for key, shipped in RECORDINGS.items():
        assert key == shipped.key
        assert all(listing.file.is_file() for listing in shipped.listings)


def test_kinds_are_what_the_core_calls_them(source):
    session = source.begin(None)
    assert {event.kind for event in source.events(session, after=0)} == {EventKind.OPEN, EventKind.BAR, EventKind.TIME}
