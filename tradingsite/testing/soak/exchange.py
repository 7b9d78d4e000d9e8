"""The sandbox exchange as a process that is killed and goes on where it was."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import requests

from sandbox.testing import Sandbox
from tradingsite.launcher.layout import ROOT
from tradingsite.launcher.ports import LOOPBACK, free_port

PATIENCE = 60.0  # seconds until it answers
FIND = 0.05


class SoakExchange(Sandbox):
    """Answers at one address for as long as it is meant to live."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.port = free_port()
        super().__init__(f"{LOOPBACK}:{self.port}")
        self.folder, self.seed = folder, seed
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers."""
        command = [
            sys.executable, "-m", "sandbox", "--port", str(self.port), "--folder", str(self.folder / "keys"),
            "--state", str(self.folder / "exchange.db"), "--seed", str(self.seed), "--tick", "0.5",
        ]  # fmt: skip
        with (self.folder / "exchange.log").open("ab") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert time.monotonic() < deadline, f"the exchange must answer:\n{self.tail()}"
            time.sleep(FIND)

    def kill(self) -> None:
        """kill -9, and a new one that goes on where the old one was."""
        self.end()
        self.start()

    def end(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def tail(self) -> str:
        log = self.folder / "exchange.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else ""

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.root}/sandbox", timeout=2).ok
        except requests.RequestException:
            return False
