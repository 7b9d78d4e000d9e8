"""The operating system user that runs the embedded services. PostgreSQL refuses root, so root lends it another one."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradingsite.launcher.errors import LauncherError

SYSTEM_USER = "tradingsite"
FALLBACK_USER = "nobody"


@dataclass(frozen=True)
class Account:
    """A user of the operating system; `switch` is False when it is the one running already."""

    name: str
    uid: int
    gid: int
    switch: bool

    @property
    def popen(self) -> dict[str, Any]:
        """What subprocess needs to run a command as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def own(self, path: Path) -> None:
        """Gives the file or folder to this user alone."""
        path.chmod(0o700 if path.is_dir() else 0o600)
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def can(self, *tests: str) -> bool:
        """Whether all shell tests such as '-x /path' hold for this user."""
        if not self.switch:
            return True
        words = [word for test in tests for word in ("-a", *test.split(" ", 1))][1:]
        try:
            command = ["/bin/sh", "-c", 'test "$@"', "test", *words]
            return subprocess.run(command, check=False, cwd="/", **self.popen).returncode == 0
        except PermissionError:
            raise LauncherError(
                f"root must be allowed to run PostgreSQL as the user {self.name}, but the system refuses to switch "
                "users: run as an ordinary user, or set DATABASE_URL"
            ) from None


def service_account() -> Account:
    """The user for the embedded services: whoever runs this, or for root a system user made on first use."""
    if os.getuid() != 0:
        return _myself()
    found = _find(SYSTEM_USER) or _make_system_user() or _find(FALLBACK_USER)
    if found is None:
        raise LauncherError(f"PostgreSQL must not run as root, and no user {SYSTEM_USER} or {FALLBACK_USER} exists")
    return found


def _myself() -> Account:
    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:
        raise LauncherError(f"PostgreSQL's user must have a name, but user id {os.getuid()} has none here") from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=False)


def _find(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)


def _make_system_user() -> Account | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        return None
    command = [useradd, "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
    subprocess.run([*command, SYSTEM_USER], check=False, capture_output=True)
    return _find(SYSTEM_USER)
