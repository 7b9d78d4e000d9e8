"""Why Coinbase refuses, in words with the field at fault. Every reason that it lists has some."""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from exchanges.coinbase.refusals.account import ACCOUNT
from exchanges.coinbase.refusals.attached import ATTACHED
from exchanges.coinbase.refusals.changes import CANCELS, EDITS
from exchanges.coinbase.refusals.futures import FUTURES
from exchanges.coinbase.refusals.orders import ORDERS
from exchanges.coinbase.refusals.refusal import Refusal, Refusals
from exchanges.port import NewOrder, Rejected

PREFIX = "PREVIEW_"
WORDS: Refusals = ORDERS | ACCOUNT | FUTURES | ATTACHED | EDITS | CANCELS
# Say nothing by themselves: a more telling reason often stands beside them.
VAGUE = frozenset({
    "", "UNKNOWN_FAILURE_REASON", "UNKNOWN_PREVIEW_FAILURE_REASON", "UNKNOWN_EDIT_ORDER_FAILURE_REASON",
    "INVALID_REQUEST",
})  # fmt: skip
PLACES = ("preview_failure_reason", "new_order_failure_reason", "edit_failure_reason", "error_details", "error")


def refusal_of(reason: str) -> Refusal | None:
    """None for a reason that is not on the exchange's list."""
    return WORDS.get(reason) or WORDS.get(reason.removeprefix(PREFIX))


def words_of(reason: str) -> str:
    """A sentence for any reason, also one that the exchange has just invented."""
    refusal = refusal_of(reason)
    if refusal is None:
        return f"Coinbase refused: {reason.lower().replace('_', ' ')}."
    return f"{_label(refusal.field)} {refusal.words}." if refusal.field else refusal.words


def reason_of(row: Mapping[str, Any]) -> str:
    """The most telling reason of an error_response; '' when it has none. Details may come in small letters."""
    found = [str(row.get(place) or "").upper() for place in PLACES]
    known = [reason for reason in found if refusal_of(reason)]
    telling = [reason for reason in known if reason.removeprefix(PREFIX) not in VAGUE]
    return next(iter([*telling, *known, *filter(None, [*found[:2], *found[4:]])]), "")


def rejected(row: Mapping[str, Any], order: NewOrder | None = None) -> Rejected:
    """The refusal of an error_response: the field at fault, the rule, and what the order had there."""
    reason = reason_of(row)
    told = str(row.get("message") or "").strip()
    refusal = refusal_of(reason)
    if refusal is None or (reason.removeprefix(PREFIX) in VAGUE and told):
        return Rejected(told or words_of(reason), reason=reason)
    return Rejected(sentence(refusal, order), reason=reason, field=refusal.field)


def sentence(refusal: Refusal, order: NewOrder | None) -> str:
    value = getattr(order, refusal.field, None) if refusal.field else None
    if not refusal.field:
        return refusal.words
    if refusal.field == "funds" and value is None:
        return words_of_field(refusal)  # nobody named any
    return f"{_label(refusal.field)} {refusal.words}, was {_shown(value)}" if order else words_of_field(refusal)


def words_of_field(refusal: Refusal) -> str:
    return f"{_label(refusal.field)} {refusal.words}"


def _label(field: str) -> str:
    return "product" if field == "symbol" else field.replace("_", " ")


def _shown(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, Enum):
        return value.name.lower().replace("_", " ")
    return str(value)
