"""Exact amounts: read from plain decimal text, reckoned with 16 decimals, written without exponents."""

import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal

ZERO = Decimal(0)
GRAIN = Decimal("1E-16")  # what the exchange keeps of values and fees
MOST = Decimal(10) ** 11  # of a currency in one wallet: with 16 decimals still exact in 28 digits
_WIDE = Context(prec=60)
_PLAIN = re.compile(r"-?\d{1,40}(\.\d{1,40})?|-?\.\d{1,40}")


def amount(text: object) -> Decimal:
    """Reads a plain decimal such as '0.10'. Raises ValueError for anything else, exponents and floats too."""
    if not isinstance(text, str) or not _PLAIN.fullmatch(text):
        raise ValueError(f"an amount must be plain decimal text, was {text!r}")
    return Decimal(text)


def whole(text: object, digits: int = 15) -> int:
    """Reads a whole number of 0 or more, of so many digits at most. Raises ValueError for anything else."""
    if not isinstance(text, str) or not (text.isascii() and text.isdecimal() and len(text) <= digits):
        raise ValueError(f"must be a whole number of at most {digits} digits, was {text!r}")
    return int(text)


def times(left: Decimal, right: Decimal) -> Decimal:
    """The product, kept to 16 decimals."""
    return _WIDE.multiply(left, right).quantize(GRAIN, ROUND_HALF_EVEN, _WIDE)


def over(value: Decimal, divisor: Decimal) -> Decimal:
    """The quotient, kept to 16 decimals. Raises ZeroDivisionError."""
    return _WIDE.divide(value, divisor).quantize(GRAIN, ROUND_HALF_EVEN, _WIDE)


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of ``step`` that is not above ``value`` (0 or more)."""
    return _WIDE.multiply(_WIDE.divide(value, step).to_integral_value(ROUND_DOWN), step)


def on_grid(value: Decimal, step: Decimal) -> bool:
    return _WIDE.remainder(value, step) == 0


def plain(value: Decimal) -> str:
    """'0.1', '68923', '0': no exponent, no zeros at the end."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if text not in ("-0", "") else "0"
