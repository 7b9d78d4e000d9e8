"""How amounts, prices, ratios and times read in JSON, and inputs that refuse what they do not know."""

import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.operations.formats import exact

DECIMAL = {"type": "string", "format": "decimal", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}


class Amount(serializers.DecimalField):
    """An exact amount: a decimal string without trailing zeros."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_digits": 38, "decimal_places": 18, **options})

    def to_representation(self, value: Decimal | str) -> str:
        return decimal_text(Decimal(value))


@extend_schema_field(DECIMAL)
class Price(serializers.Field[float, float, str, Any]):
    """A market number of the core (float64) as the shortest decimal string that names it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"read_only": True, **options})

    def to_representation(self, value: float) -> str:
        return decimal_text(exact(value))


@extend_schema_field({"type": "number", "format": "double", "nullable": True})
class Ratio(serializers.Field[float, float, float | None, Any]):
    """A plain number such as 0.05 for 5 %; null when it is not known."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"read_only": True, **options})

    def to_representation(self, value: float | Decimal) -> float | None:
        return float(value) if math.isfinite(value) else None


@extend_schema_field({"type": "string", "format": "date-time"})
class MarketTime(serializers.Field[int, int, str | None, Any]):
    """Market seconds as an ISO 8601 time in UTC; null before the first event."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"read_only": True, **options})

    def to_representation(self, value: int) -> str | None:
        return iso(datetime.fromtimestamp(value, UTC)) if value else None


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def decimal_text(value: Decimal) -> str:
    """Every digit, no exponent, no trailing zero."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


class Input(serializers.Serializer[Any]):
    """A body of which every field is known: a misspelt one is refused, not ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(set(map(str, data)) - set(self.fields))):
            known = ", ".join(self.fields) or "none"
            raise serializers.ValidationError(dict.fromkeys(unknown, f"must be a field of this request ({known})"))
        return super().to_internal_value(data)


class Number(serializers.FloatField):
    """A JSON number; neither true nor a text passes for one."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            raise serializers.ValidationError(f"must be a number, was {data!r}")
        try:
            return float(data)
        except OverflowError:
            raise serializers.ValidationError("must be a number that fits into 64 bits") from None
