"""Reading single values of Coinbase's JSON: strings all the way."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any


class Malformed(ValueError):
    """What the exchange sent cannot be read; names the field and the value."""


def text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise Malformed(f"{name} must be a text, was {value!r}")
    return value


def exact(row: Mapping[str, Any], name: str) -> Decimal:
    """A finite number that must be there."""
    value = maybe(row, name)
    if value is None:
        raise Malformed(f"{name} must be a number, was {row.get(name)!r}")
    return value


def maybe(row: Mapping[str, Any], name: str) -> Decimal | None:
    """A finite number; None where the exchange leaves it out or empty."""
    value = row.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Malformed(f"{name} must be a number in a text, was {value!r}")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise Malformed(f"{name} must be a number, was {value!r}") from None
    if not number.is_finite():
        raise Malformed(f"{name} must be finite, was {value!r}")
    return number


def whole(row: Mapping[str, Any], name: str) -> int:
    """A whole number, sent as one or as a text."""
    value = row.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    raise Malformed(f"{name} must be a whole number, was {value!r}")


def moment(row: Mapping[str, Any], name: str) -> datetime:
    """RFC 3339 with up to nine decimals, of which six are kept."""
    value = row.get(name)
    try:
        parsed = datetime.fromisoformat(value)  # type: ignore[arg-type]  # what is no text raises TypeError
    except (TypeError, ValueError):
        raise Malformed(f"{name} must be a time such as 2026-08-09T21:05:48Z, was {value!r}") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def rows(row: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of objects."""
    value = row.get(name)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Malformed(f"{name} must be a list of objects, was {str(value)[:80]}")
    return value
