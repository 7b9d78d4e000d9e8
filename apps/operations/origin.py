"""Where a request came from, for the audit trail."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import ip_address

from django.http import HttpRequest, HttpResponse

_address: ContextVar[str | None] = ContextVar("client_address", default=None)
_hand: ContextVar[str] = ContextVar("hand", default="")


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


def hand() -> str:
    """Who runs a command by hand: 'root at the command line'; empty elsewhere."""
    return _hand.get()


@contextmanager
def by_hand() -> Iterator[None]:
    """Within it the audit trail names the machine's user instead of the platform."""
    token = _hand.set(f"{getpass.getuser()} at the command line")
    try:
        yield
    finally:
        _hand.reset(token)
