"""Requests get an id, answered back in X-Request-ID, which everything they set off carries on."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.operations.logs.correlation import WELL_FORMED, about, new_id

HEADER = "X-Request-ID"
Answer = Callable[[HttpRequest], HttpResponse]


class Correlation:
    """Middleware: takes the id that the client gives when it is well-formed, else makes one."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        cause = given if WELL_FORMED.fullmatch(given) else new_id()
        with about(cause):
            response = self.get_response(request)
        response[HEADER] = cause
        return response


class Concerned:
    """Middleware behind the one that knows who is signed in: lines of the request are the user's."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with about(user=request.user.pk):
            return self.get_response(request)
