"""Every reason that the exchange lists has words, and names a field of ours or none."""

import json
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from engine.kinds import OrderKind
from exchanges.coinbase.refusals import WORDS, reason_of, refusal_of, rejected, words_of
from exchanges.port import NewOrder

LISTED = json.loads((Path(__file__).parent / "reasons.json").read_text())
ORDER = NewOrder(UUID(int=1), "BTC-USD", "buy", OrderKind.LIMIT, Decimal("1.5"), limit_price=Decimal(90))
KNOWN = {field.name for field in fields(NewOrder)} | {""}
SENTENCES = ("must ", "of the ", "to be shown must ")


@pytest.mark.parametrize("listed", LISTED)
def test_no_reason_of_the_exchange_lacks_words(listed):
    assert [reason for reason in LISTED[listed] if refusal_of(reason) is None] == []


def test_every_refusal_names_a_field_of_an_order_or_none():
    assert {refusal.field for refusal in WORDS.values()} <= KNOWN


@pytest.mark.parametrize("reason", sorted(WORDS))
def test_words_are_a_rule_of_the_field_or_a_sentence(reason):
    refusal = WORDS[reason]
    if refusal.field:
        assert refusal.words.startswith(SENTENCES)
        assert not refusal.words.endswith(".")
    else:
        assert refusal.words[0].isupper()
        assert refusal.words.endswith(".")


@pytest.mark.parametrize(
    ("row", "reason", "field"),
    [
        (
            {"error": "INSUFFICIENT_FUND", "message": "Insufficient balance in source account", "error_details": "",
             "preview_failure_reason": "PREVIEW_INSUFFICIENT_FUND"},
            "PREVIEW_INSUFFICIENT_FUND", "funds",
        ),
        (
            {"error": "UNKNOWN_FAILURE_REASON", "message": "", "error_details": "",
             "preview_failure_reason": "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE"},
            "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE", "stop_price",
        ),
        (
            {"error": "UNKNOWN_FAILURE_REASON", "message": "",
             "error_details": "preview_bracket_order_size_exceeds_position"},
            "PREVIEW_BRACKET_ORDER_SIZE_EXCEEDS_POSITION", "quantity",
        ),
        (
            {"error": "INVALID_REQUEST", "preview_failure_reason": "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL"},
            "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL", "quantity",
        ),
        (
            {"edit_failure_reason": "INVALID_EDITED_SIZE", "preview_failure_reason": "UNKNOWN_PREVIEW_FAILURE_REASON"},
            "INVALID_EDITED_SIZE", "quantity",
        ),
        ({}, "", ""),
    ],
)  # fmt: skip
def test_the_most_telling_reason_counts(row, reason, field):
    refused = rejected(row, ORDER)
    assert (reason_of(row), refused.reason, refused.field) == (reason, reason, field)
    assert str(refused)


def test_the_words_tell_the_value_that_was_wrong():
    row = {"error": "INVALID_SIZE_PRECISION", "preview_failure_reason": "PREVIEW_INVALID_SIZE_PRECISION"}
    assert str(rejected(row, ORDER)) == "quantity must be a multiple of the product's size step, was 1.5"


def test_the_exchanges_own_words_are_told_where_its_reason_says_nothing():
    row = {"error": "UNKNOWN_FAILURE_REASON", "message": "source is not enabled for trading"}
    assert str(rejected(row, ORDER)) == "source is not enabled for trading"


def test_a_reason_that_was_invented_yesterday_is_told_too():
    assert words_of("MOON_IS_FULL") == "Coinbase refused: moon is full."
