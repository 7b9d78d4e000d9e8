"""Numbers and times as pages show them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.operations import formats

AMOUNTS = st.decimals(min_value=-(10**12), max_value=10**12, places=8)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("12345.67", "12,345.67\u00a0USD"),
        ("-60.865", "\u221260.86\u00a0USD"),  # half to even
        ("60.875", "60.88\u00a0USD"),
        ("0", "0.00\u00a0USD"),
        ("-0.001", "0.00\u00a0USD"),
        (None, "n/a"),
        ("NaN", "n/a"),
    ],
)
def test_it_shows_money_with_two_decimals_and_its_code(value, text):
    assert formats.money(None if value is None else Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text"), [(Decimal("1200.500"), "1200.5"), (Decimal("1E+3"), "1000"), (1e-7, "0.0000001"), (0, "0")]
)
def test_a_typed_number_has_neither_zeros_nor_an_exponent(value, text):
    assert formats.short(value) == text


@pytest.mark.parametrize(("value", "text"), [("1.5", "+1.50"), ("-1.5", "\u22121.50"), ("0.004", "0.00")])
def test_it_signs_results_but_not_zero(value, text):
    assert formats.plain(Decimal(value), 2, sign=True) == text


@pytest.mark.parametrize(
    ("increment", "text"), [("0.01", "9,763.40"), ("0.00000001", "9,763.40000000"), ("1", "9,763"), ("10", "9,763")]
)
def test_it_shows_a_price_with_the_decimals_of_its_tick(increment, text):
    assert formats.price(9763.4, Decimal(increment)) == text


@pytest.mark.parametrize(
    ("ratio", "text"), [(0.0124, "1.24\u00a0%"), (-0.5, "\u221250.00\u00a0%"), (float("nan"), "n/a"), (None, "n/a")]
)
def test_it_shows_ratios_as_percent(ratio, text):
    assert formats.percent(ratio) == text


@pytest.mark.parametrize(("value", "tone"), [("0.01", "up"), ("-0.01", "down"), ("0.001", ""), (None, "unknown")])
def test_it_colours_what_it_shows_and_not_what_rounding_hides(value, tone):
    assert formats.tone(None if value is None else Decimal(value)) == tone


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0\u00a0s"), (75, "1\u00a0min 15\u00a0s"), (600, "10\u00a0min"), (90061, "1\u00a0d 1\u00a0h"), (None, "n/a")],
)
def test_it_shows_a_span_in_its_two_largest_units(seconds, text):
    assert formats.span(seconds) == text


@given(AMOUNTS)
def test_it_never_shows_an_amount_further_than_half_a_cent_off(amount):
    text = formats.plain(amount, 2, sign=True).replace(",", "").replace(formats.MINUS, "-")
    assert abs(Decimal(text) - amount) <= Decimal("0.005")
    assert (formats.tone(amount) == "down") == text.startswith("-")
