"""The commands of the platform that ./start gives before its processes run."""

import hashlib
import platform
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from tradingsite.launcher.console import Console
from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.layout import Layout

LAST_LINES = 20
UP_TO_DATE = "No migrations to apply"  # what Django says of a database that it had migrated before


@dataclass(frozen=True)
class Chosen:
    """A market and why it is played."""

    market: str
    reason: str


@dataclass(frozen=True)
class Commands:
    layout: Layout
    environ: dict[str, str]
    console: Console
    beside_demo: Callable[[], AbstractContextManager[None]] = nullcontext  # what must run while the trader is made

    def migrate(self) -> bool:
        """Brings the database up to date. Whether it was: then it is one that a start has seen before."""
        return UP_TO_DATE in self._manage("Migrating the database", "migrate", "--noinput")

    def choose_market(self, *, known_database: bool) -> Chosen:
        """The market that was chosen for this installation, now if never before; asks the database once."""
        stamp = self.layout.cache / "market.stamp"
        database = self._database()
        if known_database and stamp.exists() and stamp.read_text().startswith(database):
            line = stamp.read_text().removeprefix(database).strip()
        else:
            line = self._manage("Choosing the market", "choose_market").strip().splitlines()[-1]
            stamp.write_text(f"{database} {line}")
        market, _, reason = line.partition(": ")
        return Chosen(market, reason)

    def prepare(self, *, demo: bool, known_database: bool) -> None:
        """Brings static files and compile cache up to date; `demo` makes a trader in an empty database."""
        root = self.layout.root
        self._when_changed(
            [root / "static", *root.glob("apps/*/static")], root / "staticfiles",
            "Collecting static files", "collectstatic", "--noinput", "--clear",
        )  # fmt: skip
        self._when_changed(
            [root / "engine"], Path(self.environ["ENGINE_CACHE_DIR"]),
            "Compiling the trading core, which takes a while", "warm",
        )  # fmt: skip
        if demo:
            self._make_demo(known_database=known_database)

    def _make_demo(self, *, known_database: bool) -> None:
        """Lets `demo` look whether the database is empty, once for each database: an answer costs two seconds."""
        stamp = self.layout.cache / "demo.stamp"
        database = self._database()
        if known_database and stamp.exists() and stamp.read_text() == database:
            return
        # Straight to the terminal: the password is shown once and stays out of the log files.
        with self.beside_demo():
            self._run(["demo"], stdout=None)
        stamp.write_text(database)

    def _database(self) -> str:
        """Tells databases apart without naming their passwords."""
        return hashlib.sha256(self.environ["DATABASE_URL"].encode()).hexdigest()

    def _when_changed(self, sources: list[Path], result: Path, what: str, *words: str) -> None:
        """Gives the command when its sources have changed, or its result is missing, since it last succeeded."""
        stamp, now = self.layout.cache / f"{words[0]}.stamp", _fingerprint(sources, self.layout.root)
        if result.exists() and stamp.exists() and stamp.read_text() == now:
            return
        self._manage(what, *words)
        stamp.write_text(now)

    def _manage(self, what: str, *words: str) -> str:
        self.console.say(what)
        said = self._run(list(words), stdout=subprocess.PIPE)
        (self.layout.logs / f"{words[0]}.log").write_text(said)
        return said

    def _run(self, words: list[str], stdout: int | None) -> str:
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(
            command, check=False, cwd=self.layout.root, env=self.environ, stdin=subprocess.DEVNULL, text=True,
            stdout=stdout, stderr=subprocess.STDOUT if stdout else None,
        )  # fmt: skip
        if done.returncode != 0:
            said = "\n".join(f"  {line}" for line in (done.stdout or "").splitlines()[-LAST_LINES:])
            raise LauncherError(f"'manage.py {words[0]}' must succeed, but ended with {done.returncode}:\n{said}")
        return done.stdout or ""


def _fingerprint(folders: list[Path], root: Path) -> str:
    """Changes whenever a file in the folders, a pinned package or Python itself does."""
    digest = hashlib.sha256(platform.python_version().encode() + (root / "requirements.txt").read_bytes())
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    for path in files:
        status = path.stat()
        digest.update(f"{path}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
