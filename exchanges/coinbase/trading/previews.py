"""What an order would cost, as the exchange works it out."""

from collections.abc import Mapping
from typing import Any

from exchanges.coinbase.refusals import rejected
from exchanges.coinbase.values import exact, maybe
from exchanges.port import NewOrder, Preview

NO_WARNING = "UNKNOWN"
WARNINGS = {
    "BIG_ORDER": "The order is large for this market.",
    "SMALL_ORDER": "The order is small: the fee takes much of it.",
    "DURATION_EXTENDED_BY_MARKET_CLOSE": "The duration goes on after the market closes.",
    "OPEN_ORDERS_EXCEED_COMPLIANCE_PURCHASE_LIMIT_MAY_CANCEL": "With your open orders it passes your purchase limit.",
}


def preview_of(row: Mapping[str, Any], order: NewOrder) -> Preview:
    """Raises Malformed. Reasons against the order are in ``refusal``, all of them."""
    errors = row.get("errs")
    reasons = [str(each) for each in errors] if isinstance(errors, list) else []
    warnings = row.get("warning")
    told = [str(each) for each in warnings] if isinstance(warnings, list) else []
    refusals = [rejected({"preview_failure_reason": reason}, order) for reason in reasons]
    return Preview(
        fee=exact(row, "commission_total"), total=exact(row, "order_total"), slippage=maybe(row, "slippage"),
        warnings=tuple(_words(each) for each in told if each != NO_WARNING), refusal="; ".join(map(str, refusals)),
        field=next((each.field for each in refusals if each.field), ""),
    )  # fmt: skip


def _words(warning: str) -> str:
    return WARNINGS.get(warning, f"Coinbase warns: {warning.lower().replace('_', ' ')}.")
