"""Gives every template the shell."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from apps.dashboard.shell import Shell


def shell(request: HttpRequest) -> dict[str, object]:
    return {"shell": SimpleLazyObject(lambda: Shell(request))}
