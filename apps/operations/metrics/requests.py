"""How long requests take, by the name of their page. Of this process: Prometheus scrapes each web process."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Histogram

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10)
registry = CollectorRegistry()
seconds = Histogram(
    "tradingsite_request_seconds",
    "time to answer a request, by page, method and class of status",
    ["page", "method", "status"],
    buckets=BUCKETS,
    registry=registry,
)


class RequestTimes:
    """Middleware: measures every request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        response = self.get_response(request)
        match = request.resolver_match
        page = match.view_name if match and match.view_name else "unknown"  # never the path: it has no end of values
        status = f"{response.status_code // 100}xx"
        seconds.labels(page, request.method or "GET", status).observe(time.monotonic() - started)
        return response
