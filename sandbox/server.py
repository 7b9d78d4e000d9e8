"""Runs the exchange on a port: in this thread until it is stopped, or beside a test in one of its own."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiohttp import web

from sandbox.clock import VirtualClock
from sandbox.rest.app import application
from sandbox.venue import Venue

PACE = 0.05  # seconds between looks at the clock


class Server:
    """``tls``: a second port speaks HTTPS. Port 0 takes a free one; ``port`` and ``tls_port`` say which."""

    def __init__(
        self, venue: Venue, *, host: str = "127.0.0.1", port: int = 0, tls_port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self.venue, self.host, self.port, self.tls_port, self._tls = venue, host, port, tls_port, tls

    async def run(self, ready: Callable[[], None], stop: asyncio.Event) -> None:
        """Serves until ``stop``. Raises OSError when a port is taken."""
        runner = web.AppRunner(application(self.venue), access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        try:
            self.port = await _listen(runner, self.host, self.port, None)
            if self._tls:
                self.tls_port = await _listen(runner, self.host, self.tls_port, self._tls)
            ready()
            await self._keep_time(stop)
        finally:
            await runner.cleanup()

    async def _keep_time(self, stop: asyncio.Event) -> None:
        virtual = isinstance(self.venue.exchange.clock, VirtualClock)
        while not stop.is_set():
            if virtual:
                self.venue.settle()
            else:
                self.venue.advance(self.venue.exchange.clock.now())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), PACE)


class Beside:
    """A server in a thread of its own: ``with Beside(server) as running: ...``. All calls go through its ports."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._main, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(60):
            raise TimeoutError("the sandbox did not start within 60 s")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop and self._stop:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    @property
    def address(self) -> str:
        return f"{self.server.host}:{self.server.port}"

    @property
    def tls_address(self) -> str:
        return f"{self.server.host}:{self.server.tls_port}"

    def _main(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await self.server.run(self._ready.set, self._stop)


async def _listen(runner: web.AppRunner, host: str, port: int, tls: ssl.SSLContext | None) -> int:
    site = web.TCPSite(runner, host, port, ssl_context=tls)
    await site.start()
    sockets = site._server.sockets if site._server else []  # type: ignore[attr-defined]
    return int(sockets[0].getsockname()[1])
