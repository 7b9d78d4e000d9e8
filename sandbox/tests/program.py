"""The exchange as a process of its own."""

import signal
import subprocess
import sys
from pathlib import Path

from sandbox.testing import Sandbox

ROOT = Path(__file__).resolve().parents[2]


class Program:
    """``lines``: what it says of itself at its start, by the first word."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = [sys.executable, "-m", "sandbox", "--port", "0", "--tls-port", "0", "--folder", str(folder), *options]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
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
