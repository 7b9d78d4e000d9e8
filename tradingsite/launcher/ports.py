"""TCP ports of this machine's loopback."""

import errno
import socket

from tradingsite.launcher.errors import UsageError

LOOPBACK = "127.0.0.1"
LOOPBACK_6 = "::1"
NAME = "localhost"  # of pages: browsers give passkeys to names alone; it leads to either address


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_taken(port: int) -> bool:
    """Whether somebody else has the port on loopback, at either address to which its name may lead."""
    try:
        return not _can_bind(socket.AF_INET, LOOPBACK, port) or not _can_bind(socket.AF_INET6, LOOPBACK_6, port)
    except OSError as error:
        raise UsageError(f"--port {port} cannot be used: {error.strerror}") from None


def _can_bind(family: socket.AddressFamily, address: str, port: int) -> bool:
    """False when the port is taken. An address that this machine does not have counts as free."""
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections in TIME_WAIT do not count
            probe.bind((address, port))
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            raise
        return error.errno != errno.EADDRINUSE
    return True


def accepts(host: str, port: int, timeout: float = 1.0) -> bool:
    """Whether somebody answers a connection to host:port within `timeout` seconds."""
    try:
        with socket.create_connection((host, port), timeout=timeout):
            return True
    except OSError:
        return False
