"""What a backtest may ask for. Each check raises ValidationError with field, rule and value."""

from datetime import UTC, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError

from apps.accounts.models import User
from apps.backtests.models import Backtest
from apps.backtests.sources import Source
from apps.backtests.states import OPEN
from apps.operations.formats import timeframe as timeframe_name

MOST_CASH = Decimal(10) ** 12
MOST_COST = Decimal("0.5")
MOST_BARS = 600_000  # over a year of minutes; a run of these takes seconds and some 300 MB of a worker
MOST_OPEN = 5  # backtests of a user that wait or run
MOST_KEPT = 200  # backtests of a user
DECIMALS = 18
FAR = 100_000_000_000  # seconds; the year 5138

Stretch = tuple[int, int, int]  # first second, the second after, seconds a bar


def check_room(user: User) -> None:
    """Locks the user's row, so that two requests at once cannot pass together."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    waiting = Backtest.objects.filter(user=user, state__in=OPEN).count()
    if waiting >= MOST_OPEN:
        raise ValidationError({"queue": f"must hold at most {MOST_OPEN} of your backtests, holds {waiting}"})
    kept = Backtest.objects.filter(user=user).count()
    if kept >= MOST_KEPT:
        raise ValidationError({"queue": f"must not bring you above {MOST_KEPT} backtests: delete some of {kept}"})


def check_cash(cash: Decimal) -> None:
    _check_decimals("cash", cash)
    if not (cash.is_finite() and 0 < cash <= MOST_CASH):
        raise ValidationError({"cash": f"must be above 0 and at most {MOST_CASH:f}, was {cash}"})


def check_ratio(field: str, ratio: Decimal) -> None:
    _check_decimals(field, ratio)
    if not (ratio.is_finite() and 0 <= ratio <= MOST_COST):
        raise ValidationError({field: f"must be 0 or more and at most {MOST_COST}, was {ratio}"})


def _check_decimals(field: str, number: Decimal) -> None:
    """What has more of them could not be stored as it is."""
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DECIMALS:
        raise ValidationError({field: f"must have at most {DECIMALS} decimals, was {number}"})


def text_of(field: str, text: str, most: int) -> str:
    """The text without blanks around it."""
    text = text.strip()
    if not 1 <= len(text) <= most:
        raise ValidationError({field: f"must have 1 to {most} characters, had {len(text)}"})
    return text


def check_range(source: Source, timeframe: int, start: int | None, end: int | None) -> Stretch:
    """The range within what the source has, with the bars to play it on."""
    first, last = source.span
    begin, finish = first if start is None else start, last if end is None else end
    if not first <= begin < last:
        raise ValidationError({"start": f"must be from {_day(first)} on and before {_day(last)}, was {_day(begin)}"})
    if finish <= begin:
        raise ValidationError({"end": f"must be after the start at {_day(begin)}, was {_day(finish)}"})
    if finish > last:
        raise ValidationError({"end": f"must not be after {_day(last)}, was {_day(finish)}"})
    granularity = source.granularity(timeframe, begin, finish)
    if granularity is None:
        names = ", ".join(timeframe_name(seconds) for seconds in sorted(source.spans))
        raise ValidationError(
            {"timeframe": f"must be made of stored bars ({names}) of the range, was {timeframe_name(timeframe)}"}
        )
    bars = (finish - begin) // granularity
    if bars > MOST_BARS:
        name = timeframe_name(granularity)
        raise ValidationError({"end": f"must leave at most {MOST_BARS:,} bars of {name}, was {bars:,} of them"})
    return begin, finish, granularity


def _day(seconds: int) -> str:
    """As a time, or as it came when no calendar goes that far."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}" if abs(seconds) < FAR else f"{seconds} s"
