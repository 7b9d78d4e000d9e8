"""The sandbox exchange as a process that is killed, or dies, and goes on where it was."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests

from sandbox.testing import Sandbox
from tradingsite.launcher.layout import ROOT
from tradingsite.launcher.ports import LOOPBACK, free_port

PATIENCE = 120.0  # seconds until it answers
FIND = 0.05
SPEED = 20  # seconds of the market in one of ours: prices move by what triggers stops


class SoakExchange(Sandbox):
    """Answers at one address for as long as it is meant to live. ``hits``: of its faults, over all its lives."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.port = free_port()
        super().__init__(f"{LOOPBACK}:{self.port}")
        self.folder, self.seed = folder, seed
        self._before, self._seen = Counter[str](), Counter[str]()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def hits(self) -> Counter[str]:
        return self._before + self._seen

    def start(self) -> None:
        """Returns when it answers."""
        command = [
            sys.executable, "-m", "sandbox", "--port", str(self.port), "--folder", str(self.folder / "keys"),
            "--state", str(self.folder / "exchange.db"), "--seed", str(self.seed), "--tick", "0.5",
            "--speed", str(SPEED),
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
        self.count()
        self.end()
        self.start()

    def revive(self) -> bool:
        """Starts it again when it has died of a fault. True when it had."""
        if self._process is None or self._process.poll() is None:
            return False
        self.end()
        self._before["crash"] += 1
        self.start()
        return True

    def end(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
            self._before, self._seen = self.hits, Counter()

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """As ever; of one that has just died of a fault when it is back."""
        try:
            return super().admin(method, path, body)
        except requests.ConnectionError:
            assert self._process is not None
            self._process.wait(PATIENCE)
            self.revive()
            return super().admin(method, path, body)

    def count(self) -> None:
        """Notes how often its faults have hit: it forgets that when it dies."""
        try:
            self._seen = Counter(super().admin("GET", "/faults")["hits"])
        except (requests.RequestException, ValueError):
            return

    def tail(self) -> str:
        log = self.folder / "exchange.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else ""

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.root}/sandbox", timeout=2).ok
        except requests.RequestException:
            return False
