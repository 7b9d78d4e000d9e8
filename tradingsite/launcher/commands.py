"""The commands of the platform that ./start gives before its processes run."""

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tradingsite.launcher.console import Console
from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.layout import Layout

LAST_LINES = 20


@dataclass(frozen=True)
class Commands:
    layout: Layout
    environ: dict[str, str]
    console: Console

    def prepare(self, *, demo: bool) -> None:
        """Brings database, static files and compile cache up to date; `demo` makes a trader in an empty database."""
        self._manage("Migrating the database", "migrate", "--noinput")
        self._collect_static()
        self._manage("Compiling the trading core (the first time takes a while)", "warm")
        if demo:
            # Straight to the terminal: the password is shown once and stays out of the log files.
            self._run(["demo"], stdout=None)

    def _collect_static(self) -> None:
        stamp = self.layout.cache / "static"
        now = _fingerprint([self.layout.root / "static", *self.layout.root.glob("apps/*/static")], self.layout.root)
        if stamp.exists() and stamp.read_text() == now and (self.layout.root / "staticfiles").exists():
            return
        self._manage("Collecting static files", "collectstatic", "--noinput", "--clear")
        stamp.write_text(now)

    def _manage(self, what: str, *words: str) -> None:
        self.console.say(what)
        done = self._run(list(words), stdout=subprocess.PIPE)
        (self.layout.logs / f"{words[0]}.log").write_text(done)

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
    """Changes whenever a static file of ours or a pinned package (which may bring some) does."""
    digest = hashlib.sha256((root / "requirements.txt").read_bytes())
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        status = path.stat()
        digest.update(f"{path}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
