"""Why an order is refused, in the exchange's words."""

from dataclasses import dataclass

# Codes of the pre-check that the list of order failures has too, without the prefix.
TWINS = {
    "PREVIEW_INSUFFICIENT_FUND": "INSUFFICIENT_FUND",
    "PREVIEW_INVALID_PRODUCT_ID": "INVALID_PRODUCT_ID",
    "PREVIEW_INVALID_ORDER_CONFIG": "UNSUPPORTED_ORDER_CONFIGURATION",
    "PREVIEW_INVALID_SIDE": "INVALID_SIDE",
    "PREVIEW_TRADING_DISABLED": "TRADING_DISABLED",
    "PREVIEW_UNTRADABLE_PRODUCT": "UNTRADABLE_PRODUCT",
    "PREVIEW_NOT_ALLOWED_BY_MARKET_STATE": "ORDER_ENTRY_DISABLED",
    "PREVIEW_NON_NUMERIC_ORDER_SIZE": "INVALID_REQUEST",
    "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL": "INVALID_REQUEST",
    "PREVIEW_INVALID_BASE_SIZE_TOO_LARGE": "INVALID_REQUEST",
    "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL": "INVALID_REQUEST",
    "PREVIEW_INVALID_QUOTE_SIZE_TOO_LARGE": "INVALID_REQUEST",
    "PREVIEW_INVALID_SIZE_PRECISION": "INVALID_SIZE_PRECISION",
    "PREVIEW_INVALID_QUOTE_SIZE_PRECISION": "INVALID_SIZE_PRECISION",
    "PREVIEW_INVALID_PRICE_PRECISION": "INVALID_PRICE_PRECISION",
    "PREVIEW_LIMIT_PRICE_TOO_FAR_FROM_MARKET": "LIMIT_PRICE_TOO_FAR_FROM_MARKET",
    "PREVIEW_INVALID_LIMIT_PRICE": "INVALID_LIMIT_PRICE",
    "PREVIEW_GTD_ORDERS_MUST_HAVE_END_TIME": "GTD_ORDERS_MUST_HAVE_END_TIME",
    "PREVIEW_END_TIME_IS_IN_THE_PAST": "END_TIME_IS_IN_THE_PAST",
    "PREVIEW_END_TIME_TOO_FAR_IN_FUTURE": "END_TIME_TOO_FAR_IN_FUTURE",
    "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY": "INVALID_LIMIT_PRICE_POST_ONLY",
    "PREVIEW_INVALID_NO_LIQUIDITY": "INVALID_NO_LIQUIDITY",
    "PREVIEW_QUOTE_SIZE_NOT_ALLOWED_FOR_BRACKET": "QUOTE_SIZE_NOT_ALLOWED_FOR_BRACKET",
    "PREVIEW_INVALID_BRACKET_LIMIT_PRICE": "INVALID_BRACKET_LIMIT_PRICE",
    "PREVIEW_INVALID_BRACKET_STOP_TRIGGER_PRICE": "INVALID_BRACKET_STOP_TRIGGER_PRICE",
    "PREVIEW_BUCKET_SIZE_SMALLER_THAN_BASE_MIN": "BUCKET_SIZE_SMALLER_THAN_BASE_MIN",
    "PREVIEW_BUCKET_SIZE_SMALLER_THAN_QUOTE_MIN": "BUCKET_SIZE_SMALLER_THAN_QUOTE_MIN",
    "PREVIEW_DURATION_TOO_SMALL": "DURATION_TOO_SMALL",
    "PREVIEW_REDUCE_ONLY_NOT_ALLOWED_ON_SPOT_PRODUCTS": "REDUCE_ONLY_NOT_ALLOWED_ON_SPOT_PRODUCTS",
    "DUPLICATE_CLIENT_ORDER_ID": "DUPLICATE_CLIENT_ORDER_ID",  # said by the engine alone
}
WORDS = {"PREVIEW_INSUFFICIENT_FUND": "Insufficient balance in source account"}
LOWER_CASE = frozenset({"PREVIEW_BRACKET_ORDER_SIZE_EXCEEDS_POSITION"})  # recorded in error_details, in small letters


@dataclass(frozen=True)
class Refusal(Exception):
    """A no of the venue. ``code`` is a preview code; ``engine``: the matching engine said no, not the check."""

    code: str
    engine: bool = False

    def row(self) -> dict[str, str]:
        """The error_response of a create answer."""
        error = TWINS.get(self.code, "UNKNOWN_FAILURE_REASON")
        row = {"error": error, "message": WORDS.get(self.code, ""), "error_details": ""}
        if self.code in LOWER_CASE:
            return {**row, "error_details": self.code.lower()}
        if self.engine:
            return {**row, "new_order_failure_reason": error}
        return {**row, "preview_failure_reason": self.code}


def refused(code: str) -> dict[str, str]:
    """The error_response for any code: the pre-check's say so, all others are the engine's."""
    if code.startswith("PREVIEW_"):
        return Refusal(code).row()
    return {"error": code, "message": "", "error_details": "", "new_order_failure_reason": code}


@dataclass(frozen=True)
class Denied(Exception):
    """The gateway says no: an HTTP status with a code and a text."""

    status: int
    error: str
    text: str

    def row(self) -> dict[str, str]:
        return {"error": self.error, "error_details": self.text, "message": self.text}


def invalid(text: str) -> Denied:
    return Denied(400, "INVALID_ARGUMENT", text)


def undecodable(text: str) -> Denied:
    return Denied(400, "unknown", f"proto: {text}")


def not_found(text: str) -> Denied:
    return Denied(404, "NOT_FOUND", text)
