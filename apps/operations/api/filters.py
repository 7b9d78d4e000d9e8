"""Parameters of addresses: a name that nothing reads is refused, for a misspelt filter would show everything."""

from datetime import UTC
from typing import Any

from django import forms
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

PAGING = {"cursor", "limit"}
FLAGS = {"true": True, "false": False}
MOST_ID = 2**53  # what every JSON reader keeps exact


def check_names(request: Request, known: set[str]) -> None:
    """Raises ValidationError for a parameter of the address that is not one of ``known``."""
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        rule = f"must be one of {', '.join(sorted(known))}" if known else "must not be given: this takes no parameters"
        raise ValidationError(dict.fromkeys(unknown, f"the parameter's name {rule}"))


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MOST_ID})
class IdFilter(filters.Filter):
    """The id of a thing of another table, which need not exist."""

    field_class = forms.IntegerField

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": MOST_ID, **options})


class FlagField(forms.Field):
    """'true' or 'false'; Django's own takes every other text for 'not said'."""

    def to_python(self, value: Any) -> bool | None:
        if value in (None, ""):
            return None
        if value not in FLAGS:
            raise forms.ValidationError(f"must be true or false, was {str(value)[:40]!r}")
        return FLAGS[value]


@extend_schema_field(bool)
class FlagFilter(filters.Filter):
    field_class = FlagField


class TimeField(IsoDateTimeField):
    """A time in UTC: the database knows no offset beyond 16 hours, though ISO 8601 has some."""

    def clean(self, value: Any) -> Any:
        at = super().clean(value)
        try:
            return at and at.astimezone(UTC)
        except OverflowError:
            raise forms.ValidationError(f"must be within the years 1 to 9999 in UTC, was {str(value)[:40]!r}") from None


class TimeFilter(filters.IsoDateTimeFilter):
    field_class = TimeField
