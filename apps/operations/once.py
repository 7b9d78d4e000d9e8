"""Forms whose sending twice would act twice carry a key; the second sending is recognised."""

import uuid

from django.core.cache import cache
from django.http import Http404, HttpRequest

KEPT = 24 * 3600  # seconds


def new_key() -> str:
    return uuid.uuid4().hex


def claim(request: HttpRequest) -> bool:
    """True the first time this user sends the form's key. A form without a sound key is never taken."""
    key = request.POST.get("key", "")
    return key.isalnum() and cache.add(_name(request, key), 1, KEPT)


def sound_key(request: HttpRequest) -> str:
    """The form's key, for a deed that keeps it. A form without a sound one answers 404: pages always send it."""
    key = request.POST.get("key", "")
    if not key.isalnum() or len(key) > 64:
        raise Http404("a form must carry its key")
    return key


def _name(request: HttpRequest, key: str) -> str:
    return f"once-{request.user.pk}-{key[:64]}"
