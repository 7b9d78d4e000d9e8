"""The exchange as a process of its own."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sandbox.testing import Sandbox

ROOT = Path(__file__).resolve().parents[2]


class Program:
    """``lines``: what it says of itself at its start, by the first word. ``more``: of the process."""

    def __init__(self, folder: Path, *options: str, start: Sequence[str] = ("-m", "sandbox"), **more: Any) -> None:
        command = [sys.executable, *start, "--port", "0", "--tls-port", "0", "--folder", str(folder), *options]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, **{"cwd": ROOT, **pipes, **more})
        self.folder, self.lines = folder, {}
        for line in self.process.stdout or ():
            name, _, rest = line.strip().partition(" ")
            self.lines[name] = rest.strip()
            if name == "Key":
                return
        raise AssertionError(self.process.stderr.read() if self.process.stderr else "")

    @property
    def exchange(self) -> Sandbox:
        return Sandbox(self.lines["REST"].removeprefix("http://").partition("/")[0])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)
