"""Runs the processes of the Procfile together: starts, watches, and ends them in order."""

import asyncio
import http.client
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Callable

from tradingsite.launcher.child import Child
from tradingsite.launcher.console import Console
from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.layout import Layout
from tradingsite.launcher.state import PlatformState, ProcessState

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WATCH_SECONDS = 2.0
HEAD_START_SECONDS = 10.0  # the first process, the pages, has the machine to itself until it answers, but no longer


class Supervisor:
    """`revive` starts services that died and names them; `announce` says what to say when the first page is there."""

    def __init__(
        self,
        layout: Layout,
        processes: dict[str, str],
        environ: dict[str, str],
        console: Console,
        *,
        address: str,
        announce: Callable[[], None] = lambda: None,
        revive: Callable[[], list[str]] = list,
    ) -> None:
        self._layout, self._console, self._address = layout, console, address
        self._announce, self._revive = announce, revive
        self._children = [
            Child(name, command, layout.root, environ, console, self._save) for name, command in processes.items()
        ]

    async def run(self) -> None:
        """Runs everything until SIGINT, SIGTERM or SIGHUP; a second signal kills what has not ended yet."""
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._on_signal, stop)
        stopped, page = asyncio.create_task(stop.wait()), asyncio.create_task(self._watch_page())
        watches = [page, asyncio.create_task(self._watch_services())]
        runs = [asyncio.create_task(child.run()) for child in self._children[:1]]
        await asyncio.wait([stopped, page], timeout=HEAD_START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            runs += [asyncio.create_task(child.run()) for child in self._children[1:]]
        await stopped
        for watch in watches:
            watch.cancel()
        self._console.say("Stopping")
        for child in reversed(self._children):  # the clock and the market first, the pages last
            await child.stop()
        await asyncio.gather(*runs)
        await asyncio.gather(*watches, return_exceptions=True)

    def _on_signal(self, stop: asyncio.Event) -> None:
        if stop.is_set():
            for child in self._children:
                child.kill()
        stop.set()

    async def _watch_services(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                for name in await asyncio.to_thread(self._revive):
                    self._console.line(name, "had died and was started again")
            except (LauncherError, OSError) as error:
                self._console.say(f"error: {error}")

    async def _watch_page(self) -> None:
        while not await asyncio.to_thread(answers, self._address):
            await asyncio.sleep(0.1)
        self._announce()

    def _save(self) -> None:
        states = [
            ProcessState(child.name, child.command, child.pid, child.since, child.restarts) for child in self._children
        ]
        PlatformState(os.getpid(), self._address, states).save(self._layout)


def answers(address: str) -> bool:
    """Whether a page comes from the address; a refusal is an answer, a failure is not."""
    try:
        with urllib.request.urlopen(address, timeout=10):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, http.client.HTTPException):
        return False
