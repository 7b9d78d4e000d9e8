"""Filters of operators' lists."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin


class NamedValues(admin.AllValuesFieldListFilter):
    """Every value that a text column has; the empty one is called by a name."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or "none"}
