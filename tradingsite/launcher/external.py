"""Servers that the environment names instead of the embedded ones: DATABASE_URL and REDIS_URL."""

from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.ports import accepts

DATABASE, REDIS = "DATABASE_URL", "REDIS_URL"
SCHEMES = {
    DATABASE: {"postgres": 5432, "postgresql": 5432},
    REDIS: {"redis": 6379, "rediss": 6379, "unix": 0},
}


def external_urls(environ: Mapping[str, str]) -> dict[str, str]:
    """The servers that the environment names. Raises LauncherError when an address is malformed."""
    named = {name: environ[name] for name in SCHEMES if environ.get(name)}
    for name, url in named.items():
        _parts(name, url)
    return named


def check_answers(name: str, url: str) -> None:
    """Raises LauncherError when nobody listens at a TCP address; sockets in the file system are left to the client."""
    parts = _parts(name, url)
    port = parts.port or SCHEMES[name][parts.scheme]
    if parts.hostname and not parts.hostname.lower().startswith("%2f") and not accepts(parts.hostname, port, timeout=5):
        raise LauncherError(f"{name} must name a server that answers, but {parts.hostname}:{port} does not")


def _parts(name: str, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # reading it checks it
    except ValueError as error:
        raise LauncherError(f"{name} must be an address: {error}") from None
    if parts.scheme not in SCHEMES[name]:
        schemes = " or ".join(f"{scheme}://" for scheme in SCHEMES[name])
        raise LauncherError(f"{name} must begin with {schemes}, was {parts.scheme!r}")
    return parts
