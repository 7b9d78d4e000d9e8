"""How numbers and times read on pages. Exact amounts stay Decimal; rounding here is HALF_EVEN and for the eye only."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from django.utils import timezone

MINUS = "\u2212"
NO_BREAK = "\u00a0"
UNKNOWN = "n/a"
TIMEFRAMES = {60: "1m", 300: "5m", 900: "15m", 3600: "1h", 14400: "4h", 21600: "6h", 86400: "1d"}

Number = Decimal | float | int


def exact(value: Number) -> Decimal:
    """A market number of the core (float64) as the shortest decimal that names it."""
    return value if isinstance(value, Decimal) else Decimal(repr(value) if isinstance(value, float) else value)


def is_known(value: Number | None) -> bool:
    """False for None and NaN: an unknown number is shown as n/a, never as zero."""
    return value is not None and exact(value).is_finite()


def plain(value: Number | None, places: int, *, sign: bool = False) -> str:
    """Grouped by thousands, trailing zeros kept. With ``sign`` gains carry + and zero carries nothing."""
    if value is None or not is_known(value):
        return UNKNOWN
    rounded = exact(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    text = f"{abs(rounded):,.{places}f}"
    if rounded < 0:
        return MINUS + text
    return f"+{text}" if sign and rounded else text


def short(value: Number) -> str:
    """As people type it: every digit, no trailing zeros, no exponent, no groups."""
    return f"{exact(value).normalize():f}"


def places_of(increment: Decimal) -> int:
    """Decimals that an increment asks for: 0.01 -> 2, 1 -> 0."""
    exponent = increment.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)


def price(value: Number | None, increment: Decimal) -> str:
    return plain(value, places_of(increment))


def size(value: Number | None, increment: Decimal) -> str:
    return plain(value, places_of(increment))


def money(value: Number | None, currency: str = "USD", *, sign: bool = False, places: int = 2) -> str:
    """12,345.67 USD, with the code behind a no-break space."""
    text = plain(value, places, sign=sign)
    return text if text == UNKNOWN else f"{text}{NO_BREAK}{currency}"


def percent(ratio: Number | None, *, sign: bool = False, places: int = 2) -> str:
    """0.0124 -> 1.24 %."""
    if ratio is None or not is_known(ratio):
        return UNKNOWN
    return f"{plain(exact(ratio) * 100, places, sign=sign)}{NO_BREAK}%"


def tone(value: Number | None, places: int = 2) -> str:
    """The class of a result as it is shown: 'up', 'down', '' for zero, 'unknown'."""
    if value is None or not is_known(value):
        return "unknown"
    rounded = exact(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    return "up" if rounded > 0 else "down" if rounded < 0 else ""


def span(seconds: Number | None) -> str:
    """A stretch of time in its two largest units: 75 -> 1 min 15 s."""
    if seconds is None or not is_known(seconds):
        return UNKNOWN
    whole = int(seconds)
    parts: list[str] = []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, whole = divmod(whole, length)
        if count or (unit == "s" and not parts):
            parts.append(f"{count}{NO_BREAK}{unit}")
    return " ".join(parts[:2])


def timeframe(seconds: int) -> str:
    return TIMEFRAMES.get(seconds, span(seconds))


def moment(seconds: int | None) -> datetime | None:
    """Market seconds as a time; None for a market that has not begun."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def clock(at: datetime | None) -> str:
    """2020-02-03 14:05 in the time zone of whoever looks; the pages say which."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else UNKNOWN


def utc_clock(at: datetime | None) -> str:
    """The same in UTC, for what everybody sees."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if at else UNKNOWN


def zone() -> str:
    """What the times of a page are in: UTC, or a place such as 'New York'."""
    return timezone.get_current_timezone_name().rpartition("/")[2].replace("_", " ")


REASONS = {
    "max_hold": "longest hold",
    "manual": "by hand",
    "halt": "kill switch",
    "reset": "account reset",
    "": "\u2013",
}


def reason(stored: str) -> str:
    """Why an order was made or a position closed, for people."""
    return REASONS.get(stored, stored.replace("_", " "))
