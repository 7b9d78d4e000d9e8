"""Exact amounts: what the database can keep."""

from decimal import Decimal

LEAST = Decimal("1e-18")  # the last decimal that is kept


def kept(amount: Decimal) -> Decimal:
    """``amount`` rounded once to the decimals that are kept. For products of a price, a quantity and a fee ratio."""
    return amount.quantize(LEAST)


def check_amount(amount: Decimal) -> None:
    """Raises TypeError for what is no Decimal (a float is not exact), ValueError for decimals that would be lost."""
    if not isinstance(amount, Decimal):
        raise TypeError(f"amount must be a Decimal, was {type(amount).__name__}")
    if not amount.is_finite() or amount != kept(amount):
        raise ValueError(f"amount must be a number with at most 18 decimals, was {amount}")
