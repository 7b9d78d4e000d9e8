"""The folder of a PostgreSQL cluster: made once, checked before every start."""

import shutil
import subprocess
from pathlib import Path

from tradingsite.launcher.account import Account
from tradingsite.launcher.binaries import POSTGRES_MAJOR
from tradingsite.launcher.errors import LauncherError

ADMIN = "postgres"
ENVIRON = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C",
    "TZ": "UTC",
}  # no PG* variable of the caller reaches a server or tool
OPTIONS = [
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # sorts alike on every machine
    "--builtin-locale=C.UTF-8",
    "--username=" + ADMIN,
]


def ensure(folder: Path, programs: Path, account: Account, password: str) -> None:
    """Makes the cluster when there is none. Raises LauncherError when the folder holds something else."""
    if folder.exists():
        _check(folder)
        return
    # Renamed when it is whole, so that a kill leaves no half cluster under the final name.
    unfinished = folder.with_name(folder.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    account.own(unfinished)
    secret = folder.with_name(folder.name + ".password")
    secret.touch(mode=0o600)
    secret.write_text(password)
    account.own(secret)
    try:
        _initdb(unfinished, programs, account, secret)
    finally:
        secret.unlink()
    unfinished.rename(folder)


def _initdb(folder: Path, programs: Path, account: Account, secret: Path) -> None:
    done = subprocess.run(
        [str(programs / "initdb"), *OPTIONS, "-D", str(folder), f"--pwfile={secret}"],
        check=False,
        env=ENVIRON,
        cwd="/",
        text=True,
        capture_output=True,
        **account.popen,
    )
    if done.returncode != 0:
        raise LauncherError(f"PostgreSQL could not make its cluster in {folder}: {done.stderr.strip()}")


def _check(folder: Path) -> None:
    version = folder / "PG_VERSION"
    if not version.is_file() or not (folder / "global" / "pg_control").is_file():
        raise LauncherError(
            f"{folder} must be a PostgreSQL cluster, but PG_VERSION or global/pg_control is missing: "
            "restore it or move it away; nothing was deleted"
        )
    found = version.read_text().strip()
    if found != POSTGRES_MAJOR:
        raise LauncherError(
            f"{folder} must be a cluster of PostgreSQL {POSTGRES_MAJOR}, was one of PostgreSQL {found}: "
            "dump it with that version's pg_dump and move it away; nothing was deleted"
        )
