"""What an order asks for: the one configuration of a request, read and decoded."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.clock import SECOND, moment_of
from sandbox.money import amount, whole
from sandbox.refusals import Refusal

GTC, GTD, IOC, FOK = "GOOD_UNTIL_CANCELLED", "GOOD_UNTIL_DATE_TIME", "IMMEDIATE_OR_CANCEL", "FILL_OR_KILL"
VARIANTS = {  # kind, time in force
    "market_market_ioc": ("MARKET", IOC),
    "sor_limit_ioc": ("LIMIT", IOC),
    "limit_limit_gtc": ("LIMIT", GTC),
    "limit_limit_gtd": ("LIMIT", GTD),
    "limit_limit_fok": ("LIMIT", FOK),
    "stop_limit_stop_limit_gtc": ("STOP_LIMIT", GTC),
    "stop_limit_stop_limit_gtd": ("STOP_LIMIT", GTD),
    "trigger_bracket_gtc": ("BRACKET", GTC),
    "trigger_bracket_gtd": ("BRACKET", GTD),
    "twap_limit_gtd": ("TWAP", GTD),
}
UP, DOWN = "STOP_DIRECTION_STOP_UP", "STOP_DIRECTION_STOP_DOWN"


@dataclass(frozen=True, slots=True)
class Terms:
    """Prices in quote, moments in nanoseconds. ``stop`` is a bracket's stop trigger too, ``limit`` its target."""

    variant: str
    kind: str
    tif: str
    base_size: Decimal | None = None
    quote_size: Decimal | None = None
    limit: Decimal | None = None
    stop: Decimal | None = None
    direction: str = ""
    post_only: bool = False
    start: int | None = None
    end: int | None = None
    buckets: int = 0
    bucket_seconds: int = 0


def read_terms(configuration: object) -> Terms:
    """Reads an order_configuration. Raises Refusal when it is none that spot trading has, or cannot be read."""
    if not isinstance(configuration, Mapping) or len(configuration) != 1:
        raise Refusal("PREVIEW_INVALID_ORDER_CONFIG")
    ((variant, fields),) = configuration.items()
    if variant not in VARIANTS or not isinstance(fields, Mapping):
        raise Refusal("PREVIEW_INVALID_ORDER_CONFIG", engine=True)
    if fields.get("reduce_only"):
        raise Refusal("PREVIEW_REDUCE_ONLY_NOT_ALLOWED_ON_SPOT_PRODUCTS")
    kind, tif = VARIANTS[variant]
    return Terms(
        variant, kind, tif,
        base_size=_size(fields, "base_size"), quote_size=_size(fields, "quote_size"),
        limit=_price(fields, "limit_price"),
        stop=_price(fields, "stop_trigger_price" if kind == "BRACKET" else "stop_price"),
        direction=str(fields.get("stop_direction", "")), post_only=bool(fields.get("post_only", False)),
        start=_moment(fields, "start_time"), end=_moment(fields, "end_time"),
        buckets=_whole(fields, "number_buckets"), bucket_seconds=_whole(fields, "bucket_duration"),
    )  # fmt: skip


def pace(terms: Terms, start: int) -> int:
    """Nanoseconds from slice to slice, at least 1."""
    return terms.bucket_seconds * SECOND or max(((terms.end or start) - start) // terms.buckets, 1)


def _size(fields: Mapping[str, Any], name: str) -> Decimal | None:
    return _number(fields, name, "PREVIEW_NON_NUMERIC_ORDER_SIZE")


def _price(fields: Mapping[str, Any], name: str) -> Decimal | None:
    return _number(fields, name, "PREVIEW_INVALID_PRICE_PRECISION")


def _number(fields: Mapping[str, Any], name: str, code: str) -> Decimal | None:
    if fields.get(name) in (None, ""):
        return None
    try:
        return amount(fields[name])
    except ValueError:
        raise Refusal(code) from None


def _moment(fields: Mapping[str, Any], name: str) -> int | None:
    if not fields.get(name):
        return None
    try:
        return moment_of(str(fields[name]))
    except ValueError:
        raise Refusal("PREVIEW_INVALID_ORDER_CONFIG") from None


def _whole(fields: Mapping[str, Any], name: str) -> int:
    try:
        return whole(str(fields.get(name) or "0").removesuffix("s"), digits=9)
    except ValueError:
        raise Refusal("PREVIEW_INVALID_ORDER_CONFIG") from None
