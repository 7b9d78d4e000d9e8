"""The hash says 'the same' exactly when it is, and does not hear float noise."""

from decimal import Decimal

import pytest

from engine.kinds import EventKind, FillReason, OrderKind, Purpose, Side, Verdict
from engine.parity import TradingRecord, results_hash

DECISION = (60, Verdict.ENTER, -1, 0b1011, 0b0100, 250)
ORDER = (60, Purpose.PROTECT, OrderKind.BRACKET, Side.SELL, 250, 110.25, 99.5)
FILL = (60, EventKind.OPEN, Side.BUY, 100.1, 250, 0.6006, FillReason.MARKET)


def test_it_is_the_same_for_rows_of_a_database():
    from_rows = results_hash(
        [tuple(int(value) for value in DECISION)],
        [(*ORDER[:5], Decimal("110.250000000000000000"), Decimal("99.5"))],
        [(*FILL[:3], Decimal("100.10"), 250, Decimal("0.600600"), FillReason.MARKET)],
    )
    assert from_rows == results_hash([DECISION], [ORDER], [FILL])


def test_the_order_of_rows_does_not_matter():
    later = (120, *DECISION[1:])
    assert results_hash([DECISION, later], [], []) == results_hash([later, DECISION], [], [])


def test_noise_in_the_last_bits_does_not_matter():
    noisy = (*FILL[:3], 100.1 * (1 + 1e-15), 250, 0.6006 * (1 - 1e-15), FILL[6])
    assert results_hash([], [], [noisy]) == results_hash([], [], [FILL])


def test_noise_does_not_matter_where_an_exact_fee_sits_on_a_rounding_boundary():
    for fee in (0.12345675, 0.60060005, 1234567.5, 0.0000123456785):
        low, high = ((*FILL[:5], fee * (1 + sign * 1e-15), FILL[6]) for sign in (-1, 1))
        assert results_hash([], [], [low]) == results_hash([], [], [high])


@pytest.mark.parametrize("place", range(6))
def test_any_difference_of_a_decision_matters(place):
    other = tuple(value + (index == place) for index, value in enumerate(DECISION))
    assert results_hash([other], [], []) != results_hash([DECISION], [], [])


@pytest.mark.parametrize("place", range(7))
def test_any_difference_of_an_order_matters(place):
    other = tuple(
        value + 0.01 * (index == place) if index > 4 else value + (index == place) for index, value in enumerate(ORDER)
    )
    assert results_hash([], [other], []) != results_hash([], [ORDER], [])


@pytest.mark.parametrize("place", range(7))
def test_any_difference_of_a_fill_matters(place):
    step = {3: 0.01, 5: 0.00001}
    other = tuple(value + step.get(index, 1) * (index == place) for index, value in enumerate(FILL))
    assert results_hash([], [], [other]) != results_hash([], [], [FILL])


def test_a_missing_row_matters_and_so_does_its_kind():
    assert results_hash([], [], []) != results_hash([DECISION], [], [])
    assert results_hash([DECISION], [], []) != results_hash([DECISION, DECISION], [], [])


def test_a_record_names_what_differs_from_another():
    noisy = (*FILL[:3], FILL[3] * (1 + 1e-15), *FILL[4:])
    record = TradingRecord([DECISION], [ORDER], [FILL])
    assert record.differences(TradingRecord([DECISION], [ORDER], [noisy])) == ([], [])
    mine, theirs = record.differences(TradingRecord([DECISION], [], [FILL, FILL]))
    assert [line.split()[0] for line in mine] == ["order"]
    assert [line.split()[0] for line in theirs] == ["fill"]
