"""A stored backtest is the command's backtest: the same input, the same hashes, to the bit."""

import json
from decimal import Decimal
from io import StringIO

import pyarrow as pa
import pytest
from django.core.management import call_command
from pyarrow import parquet

from apps.backtests.arrays import unpack
from apps.backtests.models import Backtest
from apps.backtests.tests.asking import DAY, FIRST, ask
from apps.backtests.work import load, work
from apps.markets.recordings import DEFAULT, RECORDINGS
from engine.backtest import run as core

FILE = RECORDINGS[DEFAULT].listings[0].file


def by_command(file, *words: str) -> dict:
    out = StringIO()
    call_command("backtest", "--product", "BTC-USD", "--candles", str(file), "--json", *words, stdout=out)
    return json.loads(out.getvalue())


def in_queue(user, **changes) -> Backtest:
    backtest = ask(user, **changes)
    work()
    return Backtest.objects.select_related("result").get(pk=backtest.pk)


@pytest.fixture(params=[50_000, 997])
def stretch(request, monkeypatch) -> int:
    monkeypatch.setattr(core, "STRETCH", request.param)
    return request.param


@pytest.mark.usefixtures("stretch")
@pytest.mark.parametrize(
    ("strategy", "words", "changes"),
    [
        ("ma_cross", ["--timeframe", "15m", "--param", "fast=5"], {"params": {"fast": 5}}),
        (
            "ema_rsi_volume",
            ["--timeframe", "1m", "--fee", "0.001", "--slippage", "0.0005", "--cash", "500"],
            {"timeframe": 60, "fee": Decimal("0.001"), "slippage": Decimal("0.0005"), "cash": Decimal(500)},
        ),
    ],
)
def test_it_gives_the_hashes_and_figures_of_the_command(user, strategy, words, changes):
    printed = by_command(FILE, "--strategy", strategy, *words)
    stored = in_queue(user, strategy=strategy, **changes).result
    assert stored.results_hash == printed["results_hash"]
    assert stored.data_hash == printed["data_hash"]
    assert stored.engine_version == printed["engine_version"]
    assert stored.metrics["final_equity"] == printed["metrics"]["final_equity"]
    assert len(unpack(stored.arrays)["trades"]) == len(printed["trades"]) > 0


def test_a_range_gives_what_a_file_of_that_range_gives(user, tmp_path):
    backtest = ask(user, start=FIRST + DAY, end=FIRST + 3 * DAY)
    candles = load(backtest)
    path = tmp_path / "range.parquet"
    parquet.write_table(pa.table({name: candles[name] for name in candles.dtype.names}), path)
    work()
    printed = by_command(path, "--strategy", "ma_cross", "--timeframe", "15m")
    backtest.refresh_from_db()
    assert backtest.bars == 2 * 1440
    assert backtest.result.results_hash == printed["results_hash"]
    assert backtest.result.data_hash == printed["data_hash"]
