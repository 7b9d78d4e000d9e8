"""The platform's processes as the Procfile starts them, to be killed at any moment."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tradingsite.launcher.layout import ROOT
from tradingsite.launcher.procfile import read_procfile

GRACE = 10.0  # seconds a process has to end when asked
PATIENCE = 60.0  # seconds it has to end by itself


class Processes:
    """Processes by their names in the Procfile, each in a group of its own, with its output in ``logs``."""

    def __init__(self, environ: Mapping[str, str], logs: Path) -> None:
        self.environ, self.logs = environ, logs
        self.commands = read_procfile(ROOT / "Procfile")
        self.kills: Counter[str] = Counter()
        self.deaths: Counter[str] = Counter()  # not by us
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start_missing(self) -> None:
        """Starts what does not run."""
        for name in self.commands.keys() - self._running.keys():
            self.start(name)

    def start(self, *names: str) -> None:
        """Starts the named processes."""
        for name in names:
            with (self.logs / f"{name}.log").open("ab") as output:
                self._running[name] = subprocess.Popen(
                    ["/bin/sh", "-c", f"exec {self.commands[name]}"], cwd=ROOT, env=self.environ,
                    stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                )  # fmt: skip

    def kill(self, name: str) -> None:
        """SIGKILL to the process and all its children, and a new one at once."""
        self.end(name)
        self.kills[name] += 1
        self.start(name)

    def end(self, name: str) -> None:
        """SIGKILL to the process and all its children."""
        process = self._running.pop(name)
        _kill_group(process.pid)
        process.wait()

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def wait(self, name: str) -> int:
        """Waits for the process to end by itself; its exit code."""
        return self._running.pop(name).wait(PATIENCE)

    def revive(self) -> None:
        """Starts again what has ended by itself, as a supervisor does."""
        for name, process in list(self._running.items()):
            if process.poll() is not None:
                self.deaths[name] += 1
                self.start(name)

    def stop(self, *names: str) -> None:
        """Asks the named processes (all, when none is named) to end, and kills those that do not."""
        chosen = [self._running.pop(name) for name in names or list(self._running) if name in self._running]
        for process in chosen:
            process.terminate()
        deadline = time.monotonic() + GRACE
        while any(process.poll() is None for process in chosen) and time.monotonic() < deadline:
            time.sleep(0.02)
        for process in chosen:
            _kill_group(process.pid)
            process.wait()

    def tail(self, name: str, lines: int = 15) -> str:
        """The last lines that a process has written."""
        log = self.logs / f"{name}.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
