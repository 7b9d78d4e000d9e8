"""One process of the platform: run in a group of its own, started again when it dies, ended on request."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tradingsite.launcher.console import Console

PR_SET_PDEATHSIG = 1
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0  # seconds before a new start, doubled each time
SETTLED_SECONDS = 30.0  # a process that lived this long begins again with the first delay
GRACE_SECONDS = 10.0  # between SIGTERM and SIGKILL
LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass
class Child:
    """`command` is a line of the Procfile, without shell operators."""

    name: str
    command: str
    folder: Path
    environ: dict[str, str]
    console: Console
    changed: Callable[[], None] = lambda: None
    pid: int | None = None
    since: float = 0.0
    restarts: int = 0
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Runs the command until `stop`, again and again."""
        delay = FIRST_DELAY
        while not self._stopping.is_set():
            try:
                ending = _ending(await self._run_once())
            except OSError as error:  # no process or no file left to be had, perhaps for a moment only
                ending = f"could not be started: {error.strerror}"
            if self._stopping.is_set():
                break
            if time.time() - self.since >= SETTLED_SECONDS:
                delay = FIRST_DELAY
            self.console.line(self.name, f"{ending}; starts again in {delay:g} s")
            self.restarts += 1
            self.changed()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)
            delay = min(2 * delay, LONGEST_DELAY)

    async def stop(self, grace: float = GRACE_SECONDS) -> None:
        """Asks the process to end, and ends it after `grace` seconds."""
        self._stopping.set()
        if self.pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + grace
        while self.pid is not None and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        if self.pid is not None:
            self.console.line(self.name, f"did not end within {grace:g} s and is killed")
            self.kill()

    def kill(self) -> None:
        """Ends the process and all that it started, at once."""
        self._stopping.set()
        if self.pid is not None:
            _kill_group(self.pid)

    async def _run_once(self) -> int:
        # A pipe of our own: asyncio's would make the wait for the process one for everybody who inherited its output.
        reading_end, writing_end = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                "/bin/sh", "-c", f"exec {self.command}",
                cwd=self.folder, env=self.environ, stdin=asyncio.subprocess.DEVNULL, stdout=writing_end,
                stderr=writing_end, start_new_session=True, preexec_fn=_end_with_parent(os.getpid()),
            )  # fmt: skip
        except OSError:
            os.close(reading_end)
            raise
        finally:
            os.close(writing_end)
        self.pid, self.since = process.pid, time.time()
        self.changed()
        reading = asyncio.create_task(self._read(reading_end))
        code = await process.wait()
        _kill_group(process.pid)  # what it left behind would hold its ports and its output
        self.pid = None
        await reading
        self.changed()
        return code

    async def _read(self, reading_end: int) -> None:
        output = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(output), os.fdopen(reading_end, "rb")
        )
        rest = b""
        while chunk := await output.read(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self.console.line(self.name, line.decode(errors="replace").rstrip())
        if rest:
            self.console.line(self.name, rest.decode(errors="replace"))
        transport.close()


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _end_with_parent(parent: int) -> Callable[[], None] | None:
    """For the new process: on Linux it gets SIGTERM when the launcher dies, even by kill -9."""
    if sys.platform != "linux":
        return None

    def ask() -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def _ending(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
