"""Keyset paging: the next page starts behind the last row shown, however many rows came in between."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Field, Model, Q, QuerySet

SIZE = 50


@dataclass(frozen=True)
class Slice:
    rows: list[Any]
    cursor: str  # of the next page, '' on the last
    begins: bool  # the first page


def keyset(rows: QuerySet[Any], *, key: str, descending: bool, cursor: str, size: int = SIZE) -> Slice:
    """A page of ``rows`` in the order of ``key`` (a field or annotation that is never null), then of the id."""
    sign, compare = ("-", "lt") if descending else ("", "gt")
    ordered = rows.order_by(f"{sign}{key}", f"{sign}pk")
    if cursor:
        value, pk = _read(rows, key, cursor)
        ordered = ordered.filter(Q(**{f"{key}__{compare}": value}) | Q(**{key: value, f"pk__{compare}": pk}))
    found = list(ordered[: size + 1])
    more = len(found) > size
    found = found[:size]
    return Slice(found, _cursor(found[-1], key) if more else "", not cursor)


def _cursor(row: Model, key: str) -> str:
    value = getattr(row, key)
    return f"{value.isoformat() if hasattr(value, 'isoformat') else value}~{row.pk}"


def _read(rows: QuerySet[Any], key: str, cursor: str) -> tuple[Any, Any]:
    text, _, pk = cursor.rpartition("~")
    annotation = rows.query.annotations.get(key)
    field: Field[Any, Any] = annotation.output_field if annotation is not None else rows.model._meta.get_field(key)
    try:
        return field.to_python(text), rows.model._meta.pk.to_python(pk)
    except (ValidationError, ValueError) as error:
        raise BadRequest(f"after must be the cursor of a page, was {cursor[:80]!r}") from error
