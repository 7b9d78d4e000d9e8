"""Keyset pages: a cursor stands behind a row, so that rows that come in between shift nothing."""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError as FieldError
from django.db.models import QuerySet
from rest_framework import pagination
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request

DEFAULT, MOST = 50, 200  # rows a page


class KeysetPagination(pagination.CursorPagination):
    """Newest first unless the view names another ``ordering``; a bad cursor or limit is the caller's error."""

    page_size = DEFAULT
    page_size_query_param = "limit"
    page_size_query_description = f"Rows a page, 1 to {MOST}; {DEFAULT} by default."
    cursor_query_description = "Where the page begins: part of the addresses in `next` and `previous`."
    ordering = "-id"

    def get_page_size(self, request: Request) -> int:
        return read_limit(request, DEFAULT, MOST)

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        return (getattr(view, "ordering", None) or self.ordering,)

    def decode_cursor(self, request: Request) -> Any:
        raw = request.query_params.get(self.cursor_query_param)
        try:
            cursor = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                cursor = cursor._replace(position=self._clean(str(cursor.position)))
        except (NotFound, FieldError, ValueError, OverflowError):
            raise ValidationError({"cursor": f"must be the cursor of a page, was {str(raw)[:80]!r}"}) from None
        return cursor

    def _clean(self, position: str) -> Any:
        """What the column can be compared with: a time in UTC, for the database knows no offset beyond 16 hours."""
        value = self._column.to_python(position)
        return value.astimezone(UTC) if isinstance(value, datetime) else value

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        # The first column of the order decides what a cursor's position must be.
        name = self.get_ordering(request, queryset, view)[0].lstrip("-")
        self._column = queryset.model._meta.get_field(name)
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described = super().get_paginated_response_schema(schema)
        described["required"] = ["next", "previous", "results"]
        return described

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        parameters = super().get_schema_operation_parameters(view)
        for each in parameters:
            if each["name"] == self.page_size_query_param:
                each["schema"] = {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT}
        return parameters


def read_limit(request: Request, default: int, most: int) -> int:
    """``?limit=``, 1 to ``most``."""
    raw = request.query_params.get("limit")
    if raw is None:
        return default
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 10 and 1 <= int(raw) <= most):
        raise ValidationError({"limit": f"must be a whole number from 1 to {most}, was {raw[:80]!r}"})
    return int(raw)
