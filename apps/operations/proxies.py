"""The client's address behind reverse proxies. Only what the nearest trusted proxies have added is believed."""

from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class Proxies:
    """Middleware: sets REMOTE_ADDR to what the outermost of TRUSTED_PROXIES saw, for everybody who asks later."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.META["REMOTE_ADDR"] = client_address(request, settings.TRUSTED_PROXIES)
        return self.get_response(request)


def client_address(request: HttpRequest, proxies: int) -> str:
    """Each proxy appends whom it heard from; what stands further left was written by the client."""
    direct = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if not proxies or len(hops) < proxies:
        return direct
    try:
        return str(ip_address(hops[-proxies]))
    except ValueError:
        return direct
