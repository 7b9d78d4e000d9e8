"""Requests that must not act twice: under the caller's Idempotency-Key the first answer is kept and given again."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.operations.api.refusals import KeyReused
from apps.operations.models import IdempotentRequest

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
LONGEST = 100  # characters of a key
KEPT = timedelta(hours=24)

Handler = Callable[..., Response]


def idempotent(handler: Handler) -> Handler:
    """A handler that acts once for each key of a user; a request without a key is handled as ever.

    The key's row and what the handler writes are one transaction: a duplicate that comes meanwhile waits for it in the
    database, and an error leaves neither. The same key with another request raises KeyReused.
    """

    @wraps(handler)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = _key(request)
        if key is None:
            return handler(view, request, *args, **kwargs)
        with transaction.atomic():
            row, is_first = IdempotentRequest.objects.get_or_create(
                user=view.user, key=key, defaults={"digest": _digest(request)}
            )
            if not is_first:
                return _replay(row, request)
            response = handler(view, request, *args, **kwargs)
            row.status, row.location = response.status_code, response.headers.get("Location", "")
            row.body = JSONRenderer().render(response.data).decode()
            row.save(update_fields=["status", "location", "body"])
        return response

    once.idempotent = True  # type: ignore[attr-defined]  # for the description of the API
    return once


def _key(request: Request) -> str | None:
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not (1 <= len(key) <= LONGEST and key.isascii() and key.isprintable()):
        raise ValidationError({HEADER: f"must have 1 to {LONGEST} printable ASCII characters, was {key[:80]!r}"})
    return key


def _digest(request: Request) -> str:
    """Of method, address and body, whatever the order of its fields."""
    told = json.dumps([request.method, request.path, request.data], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _replay(row: IdempotentRequest, request: Request) -> Response:
    if row.digest != _digest(request):
        raise KeyReused(f"The {HEADER} {row.key!r} was used for another request at {row.created:%Y-%m-%d %H:%M} UTC.")
    headers = {REPLAYED: "true", **({"Location": row.location} if row.location else {})}
    return Response(json.loads(row.body), status=row.status, headers=headers)


def idempotency_sweep() -> int:
    """Forgets answers that are a day old; returns how many."""
    return IdempotentRequest.objects.filter(created__lt=timezone.now() - KEPT).delete()[0]
