"""The answer to an error of ours: a page, or a problem where a script asked; neither asks the database anything."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string

from apps.operations.api.problems import BROKEN, MEDIA_TYPE


def server_error(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(BROKEN, status=500, content_type=MEDIA_TYPE)
    return HttpResponseServerError(render_to_string("500.html", {"replayed": settings.MARKET == "replay"}))
