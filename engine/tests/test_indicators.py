"""The indicators against pandas-ta and against spreadsheets of others."""

import csv
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.indicators import bollinger, ema, macd, rsi, sma
from engine.tests.markets import random_market

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its import speaks of pandas' future
    import pandas_ta

CLOSES = random_market(700)["close"].copy()


@pytest.mark.parametrize(("ours", "length"), [(ema, 50), (sma, 20), (rsi, 14)])
def test_it_is_pandas_ta_with_ta_lib_bit_for_bit(ours, length):
    assert pandas_ta.Imports["talib"]
    theirs = getattr(pandas_ta, ours.__name__)(close=pd.Series(CLOSES), length=length, talib=True)
    np.testing.assert_array_equal(ours(CLOSES, length), theirs.to_numpy())


def test_bands_and_macd_are_pandas_ta_with_ta_lib_bit_for_bit():
    series = pd.Series(CLOSES)
    bands = pandas_ta.bbands(close=series, length=20, std=2, talib=True).to_numpy().T[:3]
    theirs = (
        pandas_ta.macd(close=series, fast=12, slow=26, signal=9, talib=True).to_numpy().T
    )  # line, histogram, signal
    np.testing.assert_array_equal(bollinger(CLOSES, 20), bands)
    np.testing.assert_array_equal(macd(CLOSES), theirs[[0, 2, 1]])


@pytest.mark.parametrize("indicator", [bollinger, macd])
def test_bands_and_macd_of_nothing_are_nothing(indicator):
    arguments = (20,) if indicator is bollinger else ()
    assert [len(part) for part in indicator(np.empty(0), *arguments)] == [0, 0, 0]


@pytest.mark.parametrize("indicator", [ema, sma, rsi])
def test_it_has_the_length_of_what_it_was_given(indicator):
    for count in (0, 1, 5, 100):
        assert len(indicator(CLOSES[:count], 14)) == count


def known(name: str) -> list[dict[str, str]]:
    for folder in Path(__file__).parents:
        path = folder / "shared/data/known/stockcharts" / name
        if path.exists():
            with path.open() as file:
                return list(csv.DictReader(file))
    pytest.skip(f"needs {name} in ../shared/data/known/stockcharts")


def column(rows: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(row[name] or "nan") for row in rows])


def test_the_rsi_follows_from_the_gains_and_losses_of_the_spreadsheet():
    rows = known("cs-rsi.csv")
    gains, losses = column(rows, "Gain")[1:], column(rows, "Loss")[1:]
    gain, loss = gains[:14].mean(), losses[:14].mean()
    expected = [100 * gain / (gain + loss)]
    for up, down in zip(gains[14:], losses[14:], strict=True):
        gain, loss = (gain * 13 + up) / 14, (loss * 13 + down) / 14
        expected.append(100 * gain / (gain + loss))
    assert expected[0] == pytest.approx(70.53, abs=0.005)  # as stockcharts.com prints it
    np.testing.assert_allclose(rsi(column(rows, "Close"), 14)[14:], expected, rtol=1e-5)


def test_the_simple_average_is_the_middle_band_of_the_spreadsheet():
    rows = known("cs-bbands.csv")
    expected = column(rows, "MiddleBand")
    shown = ~np.isnan(expected)
    assert shown.sum() > 10
    np.testing.assert_allclose(sma(column(rows, "Close"), 20)[shown], expected[shown], rtol=1e-7)


def test_indicators_need_no_pandas_and_leave_it_to_others():
    script = """
import sys
import numpy as np
from engine.indicators import ema
assert not {"pandas", "polars", "talib"} & set(sys.modules), sys.modules.keys()
values = np.arange(30.0)
import pandas, talib
assert talib.EMA(pandas.Series(values), 5).equals(pandas.Series(ema(values, 5)))
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])
