"""What a backtest is asked for on the command line, checked value by value."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError

from apps.markets.models import Product
from apps.markets.products import COINBASE
from apps.markets.rules import product_rules
from engine.config import ProductRules


def number(name: str, raw: str, *, most: Decimal, zero: bool = False) -> Decimal:
    """A positive decimal, or with ``zero`` also 0, of at most ``most``. Raises ValidationError."""
    try:
        value = Decimal(raw)
    except InvalidOperation:
        raise ValidationError({name: f"must be a number, was {raw!r}"}) from None
    if not (value.is_finite() and 0 <= value <= most and (value > 0 or zero)):
        low = "0 or more" if zero else "above 0"
        raise ValidationError({name: f"must be {low} and at most {most:f}, was {raw!r}"})
    return value


def parameters(pairs: Iterable[str]) -> dict[str, str]:
    """NAME=VALUE texts as a mapping; their values are checked by the strategy. Raises ValidationError."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not (name and equals and value):
            raise ValidationError({"param": f"must be NAME=VALUE, was {pair!r}"})
        if name in found:
            raise ValidationError({"param": f"must name a parameter once, was {name} again"})
        found[name] = value
    return found


def rules_of(symbol: str) -> ProductRules:
    """Increments and minimums of a product: of a well-known one, else of one that was imported.

    Raises ValidationError for an unknown one.
    """
    if symbol in COINBASE:
        return COINBASE[symbol]
    product = Product.objects.filter(symbol=symbol).order_by("venue").first()
    if product is None:
        known = sorted({*COINBASE, *Product.objects.values_list("symbol", flat=True)})
        raise ValidationError({"product": f"must be one of {', '.join(known)}, was {symbol!r}"})
    return product_rules(product)
