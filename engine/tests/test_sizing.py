"""How much is bought: modes, limits, money, increments."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import BotSettings, ProductRules
from engine.kinds import SizeMode
from engine.orders.prices import affordable, snap_down, snap_up
from engine.sizing import (
    capped_lots,
    covered_lots,
    digits_scale,
    funds_for,
    least_lots,
    rounded,
    rounded_down,
    wanted_lots,
)
from engine.tests.records import PRODUCT, rules

prices = st.decimals("0.01", "200000", places=2)


def wanted(mode, size, *, close=100.0, equity=10_000.0, stop=0.0, **costs):
    return wanted_lots(close, equity, stop, BotSettings(size_mode=mode, size=size).record()[0], rules(**costs))


def test_a_ratio_of_equity_is_rounded_down_to_whole_lots():
    assert wanted(SizeMode.EQUITY, 0.25) == 2500
    assert wanted(SizeMode.EQUITY, 0.25, close=30.0) == 8333


def test_a_fixed_amount_does_not_depend_on_the_equity():
    assert wanted(SizeMode.QUOTE, 150) == wanted(SizeMode.QUOTE, 150, equity=1e6) == 150


def test_a_fall_to_the_stop_loses_the_risk_with_fees_and_slippage():
    lots = wanted(SizeMode.RISK, 0.01, stop=0.02, taker="0.006", slippage="0.001")
    quantity = lots * 0.01
    loss = quantity * (100 - 98) + quantity * 0.006 * (100 + 98) + quantity * 0.001 * (100 + 98)
    assert 100 - 0.04 < loss <= 100  # of 10,000 at 1 %, less than a lot short


@pytest.mark.parametrize("fields", [{"stop": 0.0}, {"stop": math.nan}, {"equity": math.nan}, {"close": 0.0}])
def test_what_cannot_be_computed_is_no_size(fields):
    assert wanted(SizeMode.RISK, 0.01, **({"stop": 0.02} | fields)) == 0


def test_a_position_limit_cuts_the_size_and_zero_is_no_limit():
    assert capped_lots(2500, 100.0, 10_000.0, 0.10, 0.01) == 1000
    assert capped_lots(900, 100.0, 10_000.0, 0.10, 0.01) == 900
    assert capped_lots(2500, 100.0, 10_000.0, 0.0, 0.01) == 2500


def test_the_free_cash_must_pay_the_fee_too():
    assert covered_lots(10_000, 100.0, 10_000.0, rules()) == 9940  # 9,999.64; one lot more is 10,000.646


def test_the_smallest_order_meets_both_minimums():
    assert least_lots(100.0, rules()) == 1
    assert least_lots(7.0, rules()) == 15  # 1.00 at 0.07 a lot
    heavy = ProductRules("X", PRODUCT.tick, PRODUCT.lot, min_size=Decimal("0.5"), min_notional=Decimal(1))
    assert least_lots(100.0, rules(heavy)) == 50


def test_funds_leave_room_for_a_higher_open_but_never_exceed_the_cash():
    assert funds_for(1000, 100.0, 10_000.0, rules()) == pytest.approx(1000 * 1.006 * 1.02)
    assert funds_for(9940, 100.0, 10_000.0, rules()) == 10_000


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(10_000.004, 10_000.00), (10_000.006, 10_000.01), (0.12345678, 0.1234568), (123_456_789.0, 123_456_800.0)],
)
def test_amounts_are_rounded_to_seven_digits(amount, expected):
    assert rounded(amount, digits_scale(amount)) == expected


def test_rounding_down_takes_float_noise_for_the_digit():
    assert rounded_down(9_999.999999999996, 100.0) == 10_000
    assert rounded_down(9_999.9999, 100.0) == 9_999.99


def test_an_unknown_amount_stays_unknown():
    assert math.isnan(rounded(math.nan, digits_scale(math.nan)))
    assert rounded(math.inf, digits_scale(math.inf)) == math.inf


@given(st.floats(1e-6, 1e12), st.floats(-1e-11, 1e-11))
def test_float_noise_does_not_change_an_amount_unless_it_sits_on_a_boundary(amount, noise):
    scale = digits_scale(amount)
    near_boundary = abs(amount * scale % 1 - 0.5) < 1e-3
    assert near_boundary or rounded(amount, scale) == rounded(amount * (1 + noise), scale)


@given(st.decimals("0.01", "1e7", places=2), prices, st.sampled_from(["0", "0.001", "0.006", "0.012"]))
def test_what_is_affordable_is_paid_by_the_funds_in_exact_decimals(funds, price, fee):
    lot = Decimal("0.00000001")
    lots = int(affordable(float(funds), float(price), float(fee), float(lot)))
    cost = price * (1 + Decimal(fee))
    assert lots * lot * cost <= funds
    assert (lots + 1 + Decimal(lots) * Decimal("2e-12")) * lot * cost > funds  # no more than a hair is left over


@given(st.integers(1, 20_000_000), st.integers(0, 999), st.sampled_from(["0.00000001", "0.0001", "0.01", "0.25", "5"]))
def test_snapped_prices_are_the_doubles_of_their_decimals(ticks, thousandths, tick):
    step = Decimal(tick)
    price = float((ticks + Decimal(thousandths) / 1000) * step)
    assert snap_down(price, float(step)) == float(ticks * step)
    assert snap_up(price, float(step)) == float((ticks + (thousandths > 0)) * step)
