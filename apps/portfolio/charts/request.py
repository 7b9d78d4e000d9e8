"""What the address of a chart asks for."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.http import JsonResponse, QueryDict

from apps.markets.models import TIMEFRAMES
from apps.portfolio.charts.bars import Where

PLACES = ("before", "after", "around")


def place_asked(query: QueryDict, frames: Sequence[str] = tuple(TIMEFRAMES)) -> tuple[int, Where]:
    """Seconds of a bar and which bars. ValidationError names the parameter."""
    interval = query.get("interval", "1m")
    if interval not in frames:
        raise ValidationError({"interval": f"must be one of {', '.join(frames)}, was {interval}"})
    times = {name: _seconds(name, query.get(name, "")) for name in PLACES if query.get(name)}
    if len(times) > 1:
        raise ValidationError({"before": f"must stand alone, was beside {', '.join(times)}"})
    return TIMEFRAMES[interval], Where(**times)


def _seconds(name: str, raw: str) -> int:
    if not raw.isdecimal() or len(raw) > 11:
        raise ValidationError({name: f"must be whole seconds, was {raw}"})
    return int(raw)


def refused(error: ValidationError) -> JsonResponse:
    """400 with each parameter and what is wrong with it."""
    return JsonResponse({name: messages[0] for name, messages in error.message_dict.items()}, status=400)
