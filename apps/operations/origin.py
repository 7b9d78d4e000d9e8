"""Where a request came from, for the audit trail."""

from collections.abc import Callable
from contextvars import ContextVar
from ipaddress import ip_address

from django.http import HttpRequest, HttpResponse

_address: ContextVar[str | None] = ContextVar("client_address", default=None)


def client_ip() -> str | None:
    """The address of the client that is being served; None outside a request or when it has none."""
    return _address.get()


class Origin:
    """Middleware: remembers the client's address while its request is served."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _address.set(_valid(request.META.get("REMOTE_ADDR", "")))
        try:
            return self.get_response(request)
        finally:
            _address.reset(token)


def _valid(address: str) -> str | None:
    """A Unix socket has no address, and the database knows no zone of a link-local one."""
    try:
        return str(ip_address(address.partition("%")[0]))
    except ValueError:
        return None
