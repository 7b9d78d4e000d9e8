"""The embedded PostgreSQL: one cluster, TCP on loopback with a password, run in the foreground by the launcher."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tradingsite.launcher import cluster, external
from tradingsite.launcher.account import Account
from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.pids import is_alive, wait_gone, works_in
from tradingsite.launcher.ports import LOOPBACK
from tradingsite.launcher.serverlog import ServerLog

NAME = "tradingsite"  # of the database and of the role that owns it
SETTINGS = {  # small: one laptop, a few processes with pools of eight
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "fsync": "on",
    "synchronous_commit": "on",
    "jit": "off",
    "max_wal_size": "512MB",
    "max_parallel_workers_per_gather": "0",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
START_SECONDS = 60.0  # crash recovery included
STOP_SECONDS = 30.0


@dataclass(frozen=True)
class Postgres:
    """The cluster in `folder`. `account` runs it, `programs` is the folder of its binaries."""

    folder: Path
    programs: Path
    account: Account
    port: int
    password: str
    admin_password: str
    log: ServerLog

    name = "postgres"
    variable = external.DATABASE

    @property
    def url(self) -> str:
        return f"postgres://{NAME}:{self.password}@{LOOPBACK}:{self.port}/{NAME}"

    def pid(self) -> int | None:
        """The running server of this cluster, None when it does not run."""
        lines = self._pid_file()
        if not lines or not lines[0].isdigit() or not works_in(int(lines[0]), self.folder):
            return None
        return int(lines[0])

    def start(self) -> None:
        """Starts the server and waits until it takes connections; makes the cluster on first use."""
        cluster.ensure(self.folder, self.programs, self.account, self.admin_password)
        self._drop_stale_pid_file()
        for left in (3, 2, 1, 0):
            size = self.log.size()
            if self._wait_ready(self._spawn()):
                break
            # The processes of a killed server need a moment to notice and let its shared memory go.
            said = self.log.words_since(size)
            if not left or "still in use" not in said:
                raise LauncherError(
                    f"PostgreSQL could not start on {self.folder}. It said:\n{said}\n"
                    "Nothing was deleted: repair that folder or restore a backup of it"
                )
            time.sleep(1)
        try:
            self._make_database()
        except LauncherError:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends the server cleanly: open transactions are rolled back, everything committed is on disk."""
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)
        if not wait_gone(pid, STOP_SECONDS):
            raise LauncherError(f"PostgreSQL (process {pid}) must stop within {STOP_SECONDS:g} s, but still runs")

    def query(self, sql: str) -> str:
        """The answer to `sql` as the cluster's administrator, columns separated by '|'."""
        address = ["-h", LOOPBACK, "-p", str(self.port), "-U", cluster.ADMIN, "-d", cluster.ADMIN]
        done = subprocess.run(
            [str(self.programs / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", *address],
            check=False,
            input=sql,
            env={**cluster.ENVIRON, "PGPASSWORD": self.admin_password, "PGCONNECT_TIMEOUT": "10"},
            text=True,
            capture_output=True,
        )
        if done.returncode != 0:
            raise LauncherError(f"PostgreSQL on {self.folder} refused the launcher: {done.stderr.strip()}")
        return done.stdout.strip()

    def _pid_file(self) -> list[str]:
        try:
            return (self.folder / "postmaster.pid").read_text().splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _drop_stale_pid_file(self) -> None:
        """PostgreSQL refuses to start when the number in a dead server's file now belongs to another process."""
        lines = self._pid_file()
        if lines and self.pid() is None:
            (self.folder / "postmaster.pid").unlink()

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        command = [str(self.programs / "postgres"), "-D", str(self.folder), "-c", f"port={self.port}", *settings]
        with self.log.open() as output:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=cluster.ENVIRON, cwd="/",
                start_new_session=True, **self.account.popen,
            )  # fmt: skip

    def _wait_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Waits for the line in which the server itself says that it takes connections."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and is_alive(process.pid):
            lines = self._pid_file()
            if len(lines) > 7 and lines[0] == str(process.pid) and lines[7].strip() == "ready":
                return True
            time.sleep(0.02)
        return False

    def _make_database(self) -> None:
        role = f"CREATE ROLE {NAME} LOGIN CREATEDB PASSWORD '{self.password}'"
        database = f"CREATE DATABASE {NAME} OWNER {NAME}"
        self.query(
            f"SELECT $${role}$$ WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{NAME}') \\gexec\n"
            f"SELECT $${database}$$ WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{NAME}') \\gexec\n"
        )
