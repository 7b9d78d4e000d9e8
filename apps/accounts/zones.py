"""Time zones that a user can live in."""

from functools import cache
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError

AREAS = {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}


@cache
def zones() -> tuple[str, ...]:
    """Names of places, and UTC; without the old abbreviations and the signs turned round of 'Etc/'."""
    places = sorted(name for name in available_timezones() if name.partition("/")[0] in AREAS)
    return ("UTC", *places)


def check_zone(name: str) -> None:
    if name not in zones():
        raise ValidationError(f"must be a time zone such as 'Europe/Zurich' or 'UTC', was {name!r}")
