"""The page for an error of ours: rendered without asking the database anything."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseServerError
from django.template.loader import render_to_string


def server_error(request: HttpRequest) -> HttpResponseServerError:
    return HttpResponseServerError(render_to_string("500.html", {"replayed": settings.MARKET == "replay"}))
