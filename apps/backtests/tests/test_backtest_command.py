"""`manage.py backtest`: what it prints, and what it says about bad input."""

import json
from decimal import Decimal
from io import StringIO

import numpy as np
import pyarrow as pa
import pytest
from django.core.management import CommandError, call_command
from pyarrow import parquet

from apps.backtests.management.commands.backtest import Command
from apps.markets.models import Product
from apps.markets.recordings import DEFAULT, RECORDINGS
from engine.version import engine_version

RECORDED = RECORDINGS[DEFAULT].listings[0].file


@pytest.fixture
def candles(tmp_path):
    """A day of minutes that rise for five hours, fall for five, and so on."""
    minutes = np.arange(1440)
    close = 100 + np.abs((minutes + 300) % 600 - 300) / 100
    opening = np.concatenate((close[:1], close[:-1]))
    columns = {
        "time": minutes * 60, "open": opening, "high": np.maximum(opening, close), "low": np.minimum(opening, close),
        "close": close, "volume": np.ones(1440),
    }  # fmt: skip
    path = tmp_path / "day.parquet"
    parquet.write_table(pa.table(columns), path)
    return path


def run(candles, *words, strategy="ma_cross", product="BTC-USD"):
    out = StringIO()
    request = ["--strategy", strategy, "--candles", str(candles), "--product", product, *words]
    call_command("backtest", *request, stdout=out)
    return out.getvalue()


def run_json(*args, **names):
    return json.loads(run(*args, "--json", **names))


def test_it_prints_metrics_trades_and_what_identifies_the_run(candles):
    printed = run_json(candles, "--cash", "1000", "--fee", "0.001", "--frac", "0.5")
    assert printed["engine_version"] == engine_version()
    assert len(printed["data_hash"]) == len(printed["results_hash"]) == 64
    assert [trade["reason"] for trade in printed["trades"]] == ["signal", "end"]
    assert printed["metrics"]["trades"] == 1
    assert printed["metrics"]["sharpe"] is None
    assert printed["metrics"]["start"] == "1970-01-01T00:00:00Z"
    first = printed["trades"][0]
    assert set(first) == {
        "entry_time", "exit_time", "entry_price", "exit_price", "quantity", "fees", "pnl", "reason",
    }  # fmt: skip
    assert first["entry_time"] == "1970-01-01T10:14:00Z"  # the price turns at ten; bar 613 is the first to cross
    cost = Decimal(str(first["quantity"])) * Decimal(str(first["entry_price"]))
    assert 499 < cost < 501
    gross = first["quantity"] * (first["exit_price"] - first["entry_price"])
    assert first["pnl"] == pytest.approx(gross - first["fees"])
    assert first["fees"] == pytest.approx(first["quantity"] * (first["exit_price"] + first["entry_price"]) * 0.001)


def test_it_gives_the_same_hashes_again_and_others_for_other_costs(candles):
    one, again, dearer = run_json(candles), run_json(candles), run_json(candles, "--slippage", "0.001")
    assert one == again
    assert dearer["data_hash"] == one["data_hash"]
    assert dearer["results_hash"] != one["results_hash"]


def test_it_prints_lines_for_people(candles):
    printed = run(candles)
    assert "Moving-average cross on BTC-USD, 1m" in printed
    assert "sharpe                  n/a" in printed
    assert f"engine version  {engine_version()}" in printed
    assert "1970-01-01T10:14:00Z" in printed


def test_it_warns_of_a_target_below_its_costs():
    document = run_json(RECORDED, "--param", "ema=60", strategy="ema_rsi_volume")
    assert document["params"]["ema"] == 60
    assert document["warnings"] == [
        "The target of 0.40 % lies below the round-trip cost of 1.20 %: this trade always loses."
    ]
    assert document["metrics"]["trades"] > 100


def test_it_decides_on_higher_timeframes(candles):
    printed = run_json(candles, "--timeframe", "15m", "--param", "fast=2", "--param", "slow=4")
    assert printed["metrics"]["bars"] == 1440
    assert {trade["entry_time"][14:] for trade in printed["trades"]} <= {"00:00Z", "15:00Z", "30:00Z", "45:00Z"}


@pytest.mark.django_db
def test_it_takes_an_imported_product(candles):
    sizes = {"base_increment": "0.1", "quote_increment": "0.01", "base_min_size": "0.1", "quote_min_size": "1"}
    Product.objects.create(venue="coinbase", symbol="AVAX-USD", base="AVAX", quote="USD", **sizes)
    quantities = [trade["quantity"] for trade in run_json(candles, product="AVAX-USD")["trades"]]
    assert quantities
    assert all(round(quantity * 10) == pytest.approx(quantity * 10) for quantity in quantities)


BAD = [
    (["--strategy", "magic"], "strategy must be one of ema_rsi_volume, ma_cross, was 'magic'"),
    (
        ["--product", "XYZ-USD"],
        "product must be one of ADA-USD, BTC-USD, DOGE-USD, ETH-USD, LTC-USD, SOL-USD, XRP-USD, was 'XYZ-USD'",
    ),
    (["--param", "fast"], "param must be NAME=VALUE, was 'fast'"),
    (["--param", "fast="], "param must be NAME=VALUE, was 'fast='"),
    (["--param", "fast=5", "--param", "fast=6"], "param must name a parameter once, was fast again"),
    (["--param", "speed=5"], "speed must be a parameter of ma_cross (fast, slow, stop, target, hold), was '5'"),
    (["--param", "fast=ten"], "fast must be a number, was 'ten'"),
    (["--param", "fast=1"], "fast must be between 2 and 1000, was '1'"),
    (["--param", "slow=9"], "fast must be below slow (9), was 10"),
    (["--timeframe", "7m"], "timeframe must be one of 1m,"),
    (["--cash", "lots"], "cash must be a number, was 'lots'"),
    (["--cash", "0"], "cash must be above 0 and at most 1000000000000, was '0'"),
    (["--cash", "nan"], "cash must be above 0 and at most 1000000000000, was 'nan'"),
    (["--fee", "-0.001"], "fee must be 0 or more and at most 0.5, was '-0.001'"),
    (["--fee", "0.6"], "fee must be 0 or more and at most 0.5, was '0.6'"),
    (["--slippage", "x"], "slippage must be a number, was 'x'"),
    (["--frac", "-1"], "frac must be above 0 and at most 1, was '-1'"),
    (["--frac", "1.01"], "frac must be above 0 and at most 1, was '1.01'"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("words", "message"), BAD)
def test_it_names_the_field_the_value_and_the_rule(candles, words, message, capsys):
    request = ["--strategy", "ma_cross", "--product", "BTC-USD", "--candles", str(candles), *words]
    words_with_values = [f"{name}={value}" for name, value in zip(request[::2], request[1::2], strict=True)]
    with pytest.raises(SystemExit) as ended:
        Command().run_from_argv(["manage.py", "backtest", *words_with_values])
    assert ended.value.code == 1
    shown = capsys.readouterr()
    assert message in shown.err
    assert "Traceback" not in shown.err
    assert not shown.out


def test_it_says_which_file_is_missing_or_malformed(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere.parquet: must exist, was not found"):
        run(tmp_path / "nowhere.parquet")
    broken = tmp_path / "broken.csv"
    broken.write_text("time,open,high,low,close,volume\n60,1,1,1,abc,1\n")
    with pytest.raises(CommandError, match=r"broken.csv, row 1, column close: must be a number"):
        run(broken)


def test_it_refuses_bars_that_are_longer_than_its_timeframe(tmp_path):
    hourly = tmp_path / "hourly.csv"
    lines = "\n".join(f"{hour * 3600},1,1,1,1,1" for hour in range(5))
    hourly.write_text(f"time,open,high,low,close,volume\n{lines}\n")
    with pytest.raises(CommandError, match="timeframe must be a multiple of the candles' 3600 s, was 60 s"):
        run(hourly)
