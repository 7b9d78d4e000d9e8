"""What a signed-in user was shown stays out of every cache, the browser's Back button included."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class NoStore:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            response["Cache-Control"] = "no-store"
        return response
