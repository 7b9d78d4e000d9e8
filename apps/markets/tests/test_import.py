"""The import command: a report, all of a file or nothing of it, and a message for every wrong input."""

import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from django.core.management import CommandError, call_command
from pyarrow import parquet

from apps.markets.candles import load
from apps.markets.models import TIMEFRAMES, CandleChunk, MarketSession, Product
from apps.markets.services import session_open
from apps.markets.tests.markets import DAY, START, bars, product
from engine.candles import aggregate

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]
SIZES = ["--base-increment=0.001", "--quote-increment=0.05", "--base-min-size=0.01", "--quote-min-size=5"]


@pytest.fixture
def run(tmp_path, capsys):
    """Writes candles to a file, imports them as minutes of BTC-USD at coinbase unless told otherwise."""

    def run(candles, *options, venue="coinbase", symbol="BTC-USD", timeframe="1m", name="candles.parquet"):
        if candles is not None:
            parquet.write_table(pa.table({field: candles[field] for field in candles.dtype.names}), tmp_path / name)
        call_command(
            "import_candles", str(tmp_path / name), f"--venue={venue}", f"--product={symbol}",
            f"--timeframe={timeframe}", *options,
        )  # fmt: skip
        return capsys.readouterr().out

    return run


def stored(timeframe=60):
    session = MarketSession.objects.get(venue="coinbase")
    return load(session, Product.objects.get(venue="coinbase"), timeframe, until=START + 99 * DAY, count=99_999)


def test_it_stores_the_file_in_every_timeframe(run):
    candles = bars(2 * 1440)
    assert run(candles).splitlines() == [
        "2880 bars of 1m from 2020-02-10T00:00:00Z to 2020-02-11T23:59:00Z",
        "  nothing doubtful was found",
        "stored 2 days of BTC-USD at coinbase",
    ]
    for timeframe in TIMEFRAMES.values():
        assert stored(timeframe).tobytes() == aggregate(candles, timeframe).tobytes()
    assert set(CandleChunk.objects.values_list("source", flat=True)) == {
        "candles.parquet",
        "candles.parquet, aggregated",
    }


def test_a_venue_without_a_session_gets_one_that_plays_nothing(run):
    run(bars(10))
    session = MarketSession.objects.get()
    assert (session.venue, session.title, session.simulated, session.closed) == (
        "coinbase", "imported candles", False, None,
    )  # fmt: skip
    run(bars(10, start=START + DAY))
    assert MarketSession.objects.count() == 1


def test_it_reports_what_is_doubtful_and_stores_it_as_it_is(run):
    candles = np.delete(bars(1440), [10, 11, 700])
    candles["volume"][5] = 0
    lines = run(candles).splitlines()
    assert lines[1] == (
        "  2 gaps (no trade, an exchange halt, or lost data), 3 bars missing: "
        "2020-02-10T00:10:00Z, 2020-02-10T11:40:00Z"
    )
    assert lines[2] == "  1 bars without volume: 2020-02-10T00:05:00Z"
    assert stored().tobytes() == candles.tobytes()


def test_it_reports_as_json(run):
    report = json.loads(run(np.delete(bars(1440), [10]), "--json"))
    assert report["days_stored"] == 1
    assert report["quality"]["missing"] == 1
    assert report["quality"]["findings"]["gap"] == {
        "title": "gaps (no trade, an exchange halt, or lost data)", "count": 1, "times": ["2020-02-10T00:10:00Z"],
    }  # fmt: skip
    assert {name: finding["count"] for name, finding in report["quality"]["findings"].items() if finding["count"]} == {
        "gap": 1
    }


def test_a_dry_run_checks_everything_and_keeps_nothing(run):
    assert "dry run: 1 days would be stored" in run(bars(1440), "--dry-run")
    assert (MarketSession.objects.count(), Product.objects.count(), CandleChunk.objects.count()) == (0, 0, 0)
    run(bars(1440))
    with pytest.raises(CommandError, match="days: must be new or be replaced"):
        run(bars(1440), "--dry-run")
    assert json.loads(run(bars(9, start=START + DAY), "--dry-run", "--json"))["days_stored"] == 0


def test_days_that_are_stored_are_refused_and_then_nothing_is_stored(run):
    run(bars(1440))
    with pytest.raises(CommandError, match=r"\(--replace\), were stored: 1 of the days .* first is 2020-02-10"):
        run(bars(2880))
    assert len(stored()) == 1440


def test_replaced_days_are_new_revisions_in_every_timeframe(run):
    run(bars(1440))
    run(bars(1440, seed=2), "--replace")
    for timeframe in TIMEFRAMES.values():
        assert stored(timeframe).tobytes() == aggregate(bars(1440, seed=2), timeframe).tobytes()
    assert set(CandleChunk.objects.values_list("revision", flat=True)) == {1, 2}


def test_the_exchanges_own_higher_timeframe_stays_beside_new_minutes(run):
    own = aggregate(bars(1440, seed=5), 3600)
    run(own, timeframe="1h")
    run(bars(1440))
    assert stored(3600).tobytes() == own.tobytes()
    assert stored(900).tobytes() == aggregate(bars(1440), 900).tobytes()


def test_it_compares_with_the_exchanges_own_longer_bars(run, tmp_path):
    candles = bars(2880)
    days = aggregate(candles, DAY)
    days["volume"][1] *= 1.01
    parquet.write_table(pa.table({field: days[field] for field in days.dtype.names}), tmp_path / "days.parquet")
    printed = run(candles, "--dry-run", f"--reference={tmp_path / 'days.parquet'}")
    assert "  1 bars that do not add up to those of days.parquet: 2020-02-11T00:00:00Z" in printed


def broken(**changes):
    candles = bars(100)
    for field, (row, value) in changes.items():
        candles[field][row] = value
    return candles


@pytest.mark.parametrize(
    ("candles", "finding"),
    [
        (np.concatenate([bars(100), bars(1)]), "1 times that occur more than once: 2020-02-10T00:00:00Z"),
        (broken(time=(3, START + 181)), "1 times that are no multiple of the timeframe: 2020-02-10T00:03:01Z"),
        (broken(high=(3, 1.0)), "1 bars whose high is below or whose low is above a price: 2020-02-10T00:03:00Z"),
    ],
)
def test_a_file_that_cannot_be_is_reported_and_refused(run, capsys, candles, finding):
    with pytest.raises(CommandError, match="bars must be on the grid, possible and there once; nothing was imported"):
        run(candles)
    assert finding in capsys.readouterr().out
    assert MarketSession.objects.count() == 0


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"timeframe": "7m"}, "timeframe: must be one of 1m, 5m, 15m, 1h, 4h, 6h, 1d, was '7m'"),
        ({"venue": "replay"}, "venue: must be a real venue, was 'replay', the recorded market that is played"),
        ({"venue": "Coin base"}, "venue: must be a name in small letters such as coinbase, was 'Coin base'"),
        (
            {"symbol": "DOGE-USD"},
            "product: must be known at 'coinbase' or come with --base-increment, --quote-increment",
        ),
    ],
)
def test_it_names_what_is_wrong_with_the_place(run, where, message):
    with pytest.raises(CommandError, match=message):
        run(bars(100), **where)
    assert MarketSession.objects.count() == 0


def test_a_coarser_file_is_not_taken_for_a_finer_one(run):
    with pytest.raises(CommandError, match="must hold bars of 1m, but none are closer than 300 s"):
        run(bars(100, step=300))
    with pytest.raises(CommandError, match="nothing was imported"):
        run(bars(100), timeframe="5m")


def test_a_malformed_file_is_named(run, tmp_path):
    with pytest.raises(CommandError, match=r"candles.parquet: must exist, was not found"):
        run(None)
    (tmp_path / "candles.csv").write_text("time,open,high,low,close,volume\n1580515200,1,1,x,1,1\n")
    with pytest.raises(CommandError, match=r"candles.csv, row 1, column low: must be a number, was x"):
        run(None, name="candles.csv")


def test_a_product_that_is_new_to_us_comes_with_its_increments(run):
    run(bars(10), *SIZES, symbol="DOGE-USD")
    new = Product.objects.get(symbol="DOGE-USD")
    assert (new.base_increment, new.quote_increment) == (Decimal("0.001"), Decimal("0.05"))
    assert (new.base_min_size, new.quote_min_size) == (Decimal("0.01"), Decimal(5))
    run(bars(10, start=START + DAY), symbol="DOGE-USD")


@pytest.mark.parametrize(("value", "message"), [("x", "must be a number above 0, was 'x'"), ("-1", "must be above 0")])
def test_an_increment_must_be_a_positive_number(run, value, message):
    with pytest.raises(CommandError, match=f"quote_increment: {message}"):
        run(bars(10), *SIZES, f"--quote-increment={value}", symbol="DOGE-USD")


def test_a_market_that_plays_takes_history_only_from_before_its_day(run):
    btc = product("coinbase")
    session_open(
        venue="coinbase",
        title="live",
        history={btc: bars(1)[:0]},
        starts=START + DAY,
        ends=START + 2 * DAY,
        simulated=False,
    )
    with pytest.raises(CommandError, match="must be before the market's day 2020-02-11, the last was 2020-02-11"):
        run(bars(1441))
    run(bars(1440))
    assert len(stored()) == 1440
