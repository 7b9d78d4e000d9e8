"""What requests of a signed-in user do besides: times are in the user's zone, the list of sessions gets a trace."""

import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

SEEN_EVERY = 300  # seconds; 'last seen' is as exact as this

Answer = Callable[[HttpRequest], HttpResponse]


class UserZone:
    """Times of the page are the user's."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.operators = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(self._zone(request)):
            return self.get_response(request)

    def _zone(self, request: HttpRequest) -> ZoneInfo | None:
        """Operators compare people and machines: their site is in UTC."""
        user = request.user
        return user.zone if user.is_authenticated and not request.path.startswith(self.operators) else None


class LastSeen:
    """Notes from where and when a session was last used, not at every request."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and time.time() - request.session.get("seen", 0) > SEEN_EVERY:
            request.session["seen"] = int(time.time())
            UserSession.objects.create_from_request(request)
        return self.get_response(request)
