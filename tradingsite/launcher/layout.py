"""Where the launcher keeps things: everything it writes is under one data folder (`.data` in the checkout)."""

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tradingsite.launcher.errors import LauncherError

ROOT = Path(__file__).resolve().parent.parent.parent
DATA_VARIABLE = "TRADINGSITE_DATA"


@dataclass(frozen=True)
class Layout:
    """The folders of one installation: `root` is the checkout, `data` what it has written."""

    root: Path
    data: Path

    @classmethod
    def of(cls, environ: Mapping[str, str], root: Path = ROOT) -> "Layout":
        """The layout of this checkout; TRADINGSITE_DATA names another data folder."""
        named = environ.get(DATA_VARIABLE)
        return cls(root=root, data=Path(named).resolve() if named else root / ".data")

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def cache(self) -> Path:
        return self.data / "cache"

    @property
    def services_file(self) -> Path:
        return self.data / "services.json"

    @property
    def env_file(self) -> Path:
        return self.data / "env"

    def prepare(self) -> None:
        """Makes the folders. Raises LauncherError when the data folder is not a folder or not ours to write."""
        if self.data.exists() and not self.data.is_dir():
            raise LauncherError(f"{self.data} must be a folder, was a file: move it away and start again")
        try:
            if not self.data.exists():
                self.data.mkdir(parents=True)
                self.data.chmod(0o711 if os.getuid() == 0 else 0o700)  # root's PostgreSQL user passes through
            _check_owner(self.data)
            for folder in (self.logs, self.run, self.cache):
                folder.mkdir(mode=0o700, exist_ok=True)
        except PermissionError as error:
            raise LauncherError(f"{error.filename} must be writable for {_name(os.getuid())}, was not") from None
        except FileExistsError as error:
            raise LauncherError(
                f"{error.filename} must be a folder, was a file: move it away and start again"
            ) from None


def _check_owner(folder: Path) -> None:
    """One installation belongs to one user: files of two owners end in refusals later, at worse moments."""
    owner = folder.stat().st_uid
    if owner != os.getuid():
        raise LauncherError(
            f"{folder} must belong to the user who runs this, {_name(os.getuid())}, but belongs to {_name(owner)}: "
            f"run as {_name(owner)}, or set {DATA_VARIABLE} to a folder of your own"
        )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
