"""Gives every template the shell."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from apps.dashboard.shell import shell_of


def shell(request: HttpRequest) -> dict[str, object]:
    return {"shell": SimpleLazyObject(lambda: shell_of(request))}
