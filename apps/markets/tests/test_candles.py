"""Stored candles: rows of today and chunks of past days read as one series."""

from datetime import date

import numpy as np
import pytest

from apps.markets import candles as stored
from apps.markets.candles import (
    CorruptChunk,
    DaysExist,
    compact_day,
    compact_past,
    higher_timeframes,
    load,
    load_range,
    store_days,
    store_history,
)
from apps.markets.models import TIMEFRAMES, Candle, CandleChunk
from apps.markets.tests.markets import DAY, START, bars, product, session
from engine.candles import aggregate

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return session(), product()


def add_rows(market, candles, timeframe=60, closed=True):
    place = {"session": market[0], "product": market[1], "timeframe": timeframe, "closed": closed}
    names = candles.dtype.names
    Candle.objects.bulk_create(Candle(**place, **dict(zip(names, row.tolist(), strict=True))) for row in candles)


def remove(candles, *places):
    return np.delete(candles, list(places))


@pytest.fixture
def series(market):
    """Three days and ten hours of minutes, some missing; two days in chunks, the rest in rows."""
    candles = remove(bars(4 * 1440 - 840), 5, 6, 1439, 1440, 2000, 3000)
    cut = np.searchsorted(candles["time"], START + 2 * DAY)
    store_days(*market, 60, candles[:cut], source="test")
    add_rows(market, candles[cut:])
    return candles


@pytest.mark.parametrize("count", [1, 100, 600, 1440, 2039, 2040, 4000, 100_000])
@pytest.mark.parametrize("minutes", [1, 1440, 1441, 2 * 1440, 3000, 3 * 1440 + 600])
def test_it_loads_the_last_bars_across_rows_and_chunks(market, series, count, minutes):
    until = START + minutes * 60
    expected = series[series["time"] + 60 <= until][-count:]
    assert load(*market, 60, until=until, count=count).tolist() == expected.tolist()


@pytest.mark.parametrize(("start", "end"), [(0, 9999), (3, 4), (1439, 1442), (1000, 3000), (2879, 2881), (3000, 3100)])
def test_it_loads_a_range_across_rows_and_chunks(market, series, start, end):
    start, end = START + start * 60, START + end * 60
    expected = series[(series["time"] >= start) & (series["time"] < end)]
    assert load_range(*market, 60, start=start, end=end).tolist() == expected.tolist()


def test_it_leaves_out_bars_that_are_still_forming(market):
    candles = bars(10)
    add_rows(market, candles[:9])
    add_rows(market, candles[9:], closed=False)
    assert len(load(*market, 60, until=START + 3600, count=99)) == 9
    assert len(load_range(*market, 60, start=START, end=START + 3600)) == 9


def test_it_loads_nothing_from_an_empty_market(market):
    assert len(load(*market, 60, until=START, count=10)) == 0
    assert len(load_range(*market, 60, start=START, end=START + DAY)) == 0


def test_it_keeps_sessions_products_and_timeframes_apart(market):
    other = (session("elsewhere"), product("elsewhere"))
    store_days(*market, 60, bars(5), source="test")
    store_days(*other, 60, bars(7), source="test")
    store_days(*market, 300, bars(3, step=300), source="test")
    add_rows((market[0], other[1]), bars(2))
    assert len(load(*market, 60, until=START + DAY, count=99)) == 5


def test_it_finds_a_chunk_that_was_changed(market):
    store_days(*market, 60, bars(3), source="test")
    chunk = CandleChunk.objects.get()
    CandleChunk.objects.update(data=bytes(chunk.data[:-1]) + b"!")
    with pytest.raises(CorruptChunk, match=f"candle chunk {chunk.pk}: sha256 must be {chunk.sha256}, was "):
        load(*market, 60, until=START + DAY, count=1)


def test_compacting_changes_nothing_that_is_read(market):
    candles = remove(bars(2 * 1440 + 30), 7, 8, 1439)
    add_rows(market, candles)
    for timeframe, higher in higher_timeframes(candles, 60).items():
        add_rows(market, higher, timeframe)
    now = START + 2 * DAY + 1800
    before = {timeframe: load(*market, timeframe, until=now, count=9999) for timeframe in TIMEFRAMES.values()}
    past = sum(int((part["time"] < START + 2 * DAY).sum()) for part in before.values())
    assert compact_past(market[0], before=now) == past
    assert {row.time // DAY for row in Candle.objects.all()} == {START // DAY + 2}
    assert CandleChunk.objects.count() == 2 * len(TIMEFRAMES)
    for timeframe, part in before.items():
        assert load(*market, timeframe, until=now, count=9999).tolist() == part.tolist()


def test_compacting_twice_is_compacting_once(market):
    add_rows(market, bars(1440))
    assert compact_day(*market, date(2020, 2, 10)) == 1440
    assert compact_day(*market, date(2020, 2, 10)) == 0
    assert compact_past(market[0], before=START + 9 * DAY) == 0
    assert [(chunk.bars, chunk.revision) for chunk in CandleChunk.objects.all()] == [(1440, 1)]


def test_compacting_keeps_the_part_of_a_day_that_is_stored_already(market):
    candles = bars(1440)
    store_days(*market, 60, candles[:600], source="history")
    add_rows(market, candles[600:])
    compact_day(*market, date(2020, 2, 10))
    assert load(*market, 60, until=START + DAY, count=9999).tolist() == candles.tolist()
    assert CandleChunk.objects.latest("revision").bars == 1440


@pytest.mark.parametrize("read", ["load", "load_range"])
def test_a_day_that_is_compacted_in_the_middle_of_a_read_comes_once(market, monkeypatch, read):
    series = bars(2 * 1440)
    store_days(*market, 60, series[:1440], source="history")
    add_rows(market, series[1440:])
    newest = stored._newest

    def compact_first(*where):
        compact_past(market[0], before=START + 2 * DAY)
        return newest(*where)

    monkeypatch.setattr(stored, "_newest", compact_first)
    if read == "load":
        bars_read = load(*market, 60, until=START + 2 * DAY, count=9999)
    else:
        bars_read = load_range(*market, 60, start=START, end=START + 2 * DAY)
    assert not Candle.objects.exists()
    assert bars_read.tobytes() == series.tobytes()


def test_compacting_leaves_today_and_forming_bars_alone(market):
    add_rows(market, bars(10, start=START + DAY))
    add_rows(market, bars(1, start=START + DAY - 60), closed=False)
    assert compact_past(market[0], before=START + DAY + 600) == 0
    assert Candle.objects.count() == 11


def test_it_refuses_days_that_are_stored_and_then_stores_none(market):
    store_days(*market, 60, bars(10, start=START + DAY), source="first")
    with pytest.raises(DaysExist, match="1 of the days are stored already, the first is 2020-02-11"):
        store_days(*market, 60, bars(2880), source="second")
    assert CandleChunk.objects.count() == 1


def test_a_correction_is_a_revision_and_the_last_one_is_read(market):
    store_days(*market, 60, bars(1440, seed=1), source="first")
    store_days(*market, 60, bars(1440, seed=2), source="second", existing="replace")
    assert load(*market, 60, until=START + DAY, count=9999).tolist() == bars(1440, seed=2).tolist()
    assert list(CandleChunk.objects.order_by("revision").values_list("source", "revision")) == [
        ("first", 1),
        ("second", 2),
    ]


def test_history_is_there_in_every_timeframe(market):
    candles = bars(1440 + 100)
    store_history(*market, candles, 60, source="test")
    for timeframe in TIMEFRAMES.values():
        whole = aggregate(candles, timeframe)
        whole = whole[whole["time"] + timeframe <= candles["time"][-1] + 60]
        assert load(*market, timeframe, until=START + 9 * DAY, count=9999).tolist() == whole.tolist()


def test_higher_timeframes_have_no_bar_that_is_cut_off():
    candles = bars(100, start=START + 120)  # 00:02 to 01:42
    higher = higher_timeframes(candles, 60)
    assert {timeframe: higher[timeframe]["time"].tolist() for timeframe in higher} == {
        300: [START + 300 * i for i in range(1, 20)],
        900: [START + 900 * i for i in range(1, 6)],
    }
