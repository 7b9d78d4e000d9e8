"""What a signed-in user was shown stays out of every cache, the browser's Back button included."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.operations.hints import send, user_group


class NoStore:
    """Middleware: also empties the browser's cache when the user signs out, and has the user's open pages ask again
    whether they may stay."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        before = request.user.pk
        response = self.get_response(request)
        if request.user.is_authenticated:
            response["Cache-Control"] = "no-store"
        elif before:
            response["Cache-Control"] = "no-store"
            response.headers.setdefault("Clear-Site-Data", '"cache"')  # who deletes the account clears more
            send(user_group(before), {"type": "live.check"})
        return response
