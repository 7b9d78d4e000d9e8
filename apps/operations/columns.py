"""Columns of operators' lists: exact amounts, links, market times."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from functools import reduce
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

Column = Any  # a callable that takes a row; the stubs of the admin know names alone

NOTHING = "–"


def exact(field: str, title: str = "") -> Column:
    """An amount with every digit that it has, and no zeros after them."""

    @admin.display(description=title or _title(field), ordering=field)
    def column(row: Model) -> str:
        return digits(getattr(row, field))

    return _named(column, field)


def link(field: str, title: str = "") -> Column:
    """A link to the page of a related row; ``field`` may go on with '__'."""

    @admin.display(description=title or _title(field), ordering=field)
    def column(row: Model) -> str:
        target = reduce(lambda value, name: value and getattr(value, name), field.split("__"), row)
        return page_link(target) if target else NOTHING

    return _named(column, field)


def market_time(field: str, title: str = "") -> Column:
    """Seconds UTC of the market's own clock as a date and time."""

    @admin.display(description=title or _title(field), ordering=field)
    def column(row: Model) -> str:
        seconds = getattr(row, field)
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}" if seconds else NOTHING

    return _named(column, field)


def readable(field: str, title: str = "") -> Column:
    """A JSON value, one entry a line."""

    @admin.display(description=title or _title(field))
    def column(row: Model) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(getattr(row, field), indent=2, ensure_ascii=False))

    return _named(column, field)


def digits(amount: Decimal | None) -> str:
    """An exact amount as text, without an exponent and without zeros after its last digit."""
    return NOTHING if amount is None else f"{amount.normalize():f}"


def page_link(row: Model) -> SafeString:
    """A link to a row's page in the admin, its name alone where it has none."""
    if not admin.site.is_registered(type(row)):
        return format_html("{}", row)
    return format_html('<a href="{}">{}</a>', page_of(row), row)


def page_of(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def _title(field: str) -> str:
    return field.rpartition("__")[2].replace("_", " ")


def _named(column: Column, field: str) -> Column:
    """Django calls the cells of a column after its function."""
    column.__name__ = field
    return column
