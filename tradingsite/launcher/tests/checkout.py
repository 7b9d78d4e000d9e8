"""A small pretended checkout whose processes are a few lines each, and ./start running on it for real."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tradingsite.launcher.layout import ROOT, Layout
from tradingsite.launcher.ports import free_port
from tradingsite.launcher.services import Services
from tradingsite.launcher.state import PlatformState, running_state

MANAGE = """
import os, pathlib, socket, sys, time
with pathlib.Path("commands").open("a") as file:
    print(*sys.argv[1:], file=file)
if pathlib.Path(f"slow-{sys.argv[1]}").exists():
    time.sleep(60)
if sys.argv[1] == "migrate" and pathlib.Path("migrated").exists():
    print("No migrations to apply.")
if sys.argv[1] == "migrate":
    pathlib.Path("migrated").touch()
if sys.argv[1] == "demo":
    print("demo password: swordfish")
    if os.environ["MARKET"] == "sandbox":
        socket.create_connection(os.environ["SANDBOX_ADDRESS"].split(":"), 1)
        print("demo finds the exchange")
if sys.argv[1] == "choose_market":
    print("replay: nobody answered, chosen on 2026-11-21")
if sys.argv[1] == "collectstatic":
    pathlib.Path("staticfiles").mkdir(exist_ok=True)
if sys.argv[1] == "warm":
    pathlib.Path(".data/cache/numba").mkdir(exist_ok=True)
if pathlib.Path(f"fail-{sys.argv[1]}").exists():
    sys.exit(f"{sys.argv[1]} went wrong")
"""
WORKER = """
import os, signal, subprocess, sys, time
print("worker speaks", os.environ["MARKET"], os.environ["REPLAY_SPEED"], flush=True)
subprocess.Popen(["sleep", "1000"])
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print("worker says goodbye", flush=True)))
while True:
    time.sleep(0.05)
"""
SANDBOX = """
import http.server, os, sys
print("the exchange is at", os.environ["SANDBOX_ADDRESS"], "with", *sys.argv[1:], flush=True)
address = "127.0.0.1", int(sys.argv[2])
http.server.HTTPServer(address, http.server.SimpleHTTPRequestHandler).serve_forever()
"""
PROCFILE = """
web: python -m http.server --bind 127.0.0.1 --directory pages $PORT
worker: python worker.py
release: false
"""
SECONDS = 30.0


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {SECONDS:g} s"
        time.sleep(0.05)


@dataclass
class Checkout:
    root: Path
    port: int = field(default_factory=free_port)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def layout(self) -> Layout:
        return Layout(root=self.root, data=self.root / ".data")

    @property
    def output(self) -> str:
        return (self.root / "output").read_text()

    def start(self, *words: str) -> subprocess.Popen[str]:
        """./start with its output in a file, as far as it gets at once."""
        with (self.root / "output").open("a") as output:
            command = self._command("--port", str(self.port), *words)
            process = subprocess.Popen(command, stdout=output, stderr=output, text=True, **self._where())
        self.started.append(process)
        return process

    def start_until_page(self, *words: str) -> subprocess.Popen[str]:
        earlier = self.announcements()
        process = self.start(*words)
        wait_for(lambda: self.announcements() > earlier or process.poll() is not None, "the first page")
        assert process.poll() is None, self.output
        wait_for(lambda: all(each.pid for each in self.state().processes), "the start of all processes")
        return process

    def announcements(self) -> int:
        return self.output.count("The platform is at") if (self.root / "output").exists() else 0

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another command of ./start, to its end."""
        return subprocess.run(self._command(*words), check=False, capture_output=True, text=True, **self._where())

    def state(self) -> PlatformState:
        state = running_state(self.layout)
        assert state is not None
        return state

    def pid(self, name: str) -> int | None:
        return next(process.pid for process in self.state().processes if process.name == name)

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "tradingsite.launcher.tests.driver", str(self.root), *words]

    def _where(self) -> dict[str, Any]:
        environ = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        return {"cwd": ROOT, "env": environ}


@contextmanager
def checkout() -> Iterator[Checkout]:
    """A checkout of its own; whatever runs on it at the end of the block is killed."""
    root = Path(tempfile.mkdtemp(prefix="checkout-"))
    root.chmod(0o755)
    files = {
        "manage.py": MANAGE, "worker.py": WORKER, "sandbox.py": SANDBOX, "Procfile": PROCFILE, "requirements.txt": "",
    }  # fmt: skip
    for name, text in files.items():
        (root / name).write_text(text)
    for folder in ("pages", "static", "engine"):
        (root / folder).mkdir()
    (root / ".venv").symlink_to(sys.prefix)
    here = Checkout(root)
    try:
        yield here
    finally:
        for process in here.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(SECONDS)
        for pid in Services(here.layout, {}).pids().values():
            if pid:
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(root)
