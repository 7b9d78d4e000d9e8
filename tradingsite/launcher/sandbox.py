"""The sandbox exchange of `./start --market sandbox`: a process beside the platform's, with a folder of its own."""

import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain

from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.layout import Layout
from tradingsite.launcher.ports import LOOPBACK, accepts, free_port

NAME = "sandbox"
SECONDS = 60.0  # it starts in one; a busy machine takes longer


@dataclass(frozen=True)
class Sandbox:
    """`port` is another at every start: who wants to know reads SANDBOX_ADDRESS, or what the process says."""

    layout: Layout
    port: int = field(default_factory=free_port)

    @property
    def words(self) -> list[str]:
        folder = self.layout.data / NAME
        return ["-m", "sandbox", "--port", f"{self.port}", "--folder", f"{folder}", "--state", f"{folder / 'state.db'}"]

    @property
    def environ(self) -> dict[str, str]:
        """Where it is, and the file of the key that it takes."""
        key = self.layout.data / NAME / "key.json"
        return {"SANDBOX_ADDRESS": f"{LOOPBACK}:{self.port}", "SANDBOX_KEY_FILE": str(key)}

    def among(self, processes: dict[str, str]) -> dict[str, str]:
        """The processes with the exchange after the first: it is there before what talks to it, and ends after."""
        first, *rest = processes.items()
        return dict(chain([first, (NAME, shlex.join(["python", *self.words]))], rest))

    @contextmanager
    def before_the_others(self, environ: Mapping[str, str]) -> Iterator[None]:
        """Runs it for a command that must find it there. Raises LauncherError when it does not come."""
        log = (self.layout.logs / f"{NAME}.log").open("a")
        command = [sys.executable, *self.words]
        with log, subprocess.Popen(command, cwd=self.layout.root, env=environ, stdout=log, stderr=log) as process:
            try:
                deadline = time.monotonic() + SECONDS
                while not accepts(LOOPBACK, self.port):
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise LauncherError(f"the sandbox must come within {SECONDS:g} s, but did not: see {log.name}")
                    time.sleep(0.05)
                yield
            finally:
                process.terminate()
