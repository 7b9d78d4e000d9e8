"""Answers to errors that are met before anybody is known, or that are ours: a page, or a problem where a script asked.
None of them asks the database anything."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from apps.operations.api.problems import BROKEN, MALFORMED, MEDIA_TYPE
from apps.operations.venues import PRETENDED


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A malformed Host, for instance: it is refused before the session is read, so the page must not ask who it is."""
    return _answer(request, 400, MALFORMED)


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500, BROKEN)


def _answer(request: HttpRequest, status: int, problem: dict[str, object]) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(problem, status=status, content_type=MEDIA_TYPE)
    page = render_to_string(f"{status}.html", {"pretended": settings.MARKET in PRETENDED})
    return HttpResponse(page, status=status)
