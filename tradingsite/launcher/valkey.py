"""The embedded Valkey (a Redis-compatible server): loopback, password, nothing on disk.

It carries messages, caches and hints only. Rows hold the truth, so what a restart forgets is sent again by the sweeps.
"""

import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tradingsite.launcher import external
from tradingsite.launcher.account import Account
from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.pids import wait_gone
from tradingsite.launcher.ports import LOOPBACK
from tradingsite.launcher.serverlog import ServerLog

DATABASES = 64  # the platform uses 0; each test process one of its own
START_SECONDS = 20.0
STOP_SECONDS = 20.0


@dataclass(frozen=True)
class Valkey:
    """The server whose working folder is `folder`."""

    folder: Path
    program: Path
    account: Account
    port: int
    password: str
    log: ServerLog

    name = "valkey"
    variable = external.REDIS

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def pid(self) -> int | None:
        """The running server, None when none of ours listens on the port."""
        answer = self._ask("CONFIG GET dir", "INFO server")
        if not os.path.exists(self.folder) or os.path.realpath(self.folder) not in answer.splitlines():
            return None
        return next((int(line.split(":")[1]) for line in answer.splitlines() if line.startswith("process_id:")), None)

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        self.folder.mkdir(exist_ok=True)
        self.account.own(self.folder)
        size = self.log.size()
        with self.log.open() as output:
            # The configuration goes in by standard input: neither a file nor the process list shows the password.
            process = subprocess.Popen(
                [self.program, "-"], stdin=subprocess.PIPE, stdout=output, stderr=output, cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, start_new_session=True, **self.account.popen,
            )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(self._configuration().encode())
        process.stdin.close()
        deadline = time.monotonic() + START_SECONDS
        while self.pid() is None:
            if process.poll() is not None or time.monotonic() > deadline:
                raise LauncherError(
                    f"Valkey could not start on port {self.port}. It said:\n{self.log.words_since(size)}"
                )
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends the server; what it held is forgotten."""
        pid = self.pid()
        if pid is None:
            return
        self._ask("SHUTDOWN NOSAVE")
        if not wait_gone(pid, STOP_SECONDS):
            raise LauncherError(f"Valkey (process {pid}) must stop within {STOP_SECONDS:g} s, but still runs")

    def _configuration(self) -> str:
        settings = {
            "bind": LOOPBACK,
            "port": self.port,
            "requirepass": self.password,
            "dir": f'"{os.path.realpath(self.folder)}"',
            "databases": DATABASES,
            "save": '""',
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
        }
        return "".join(f"{name} {value}\n" for name, value in settings.items())

    def _ask(self, *commands: str) -> str:
        """The raw answers to `commands`, empty when nobody listens there or the password is not ours."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=5) as connection:
                connection.sendall(
                    "".join(f"{line}\r\n" for line in (f"AUTH {self.password}", *commands, "QUIT")).encode()
                )
                chunks = iter(lambda: connection.recv(65536), b"")
                return b"".join(chunks).decode(errors="replace")
        except OSError:
            return ""
