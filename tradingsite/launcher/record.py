"""What an installation remembers of its embedded services: ports and generated secrets, in `services.json`."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.layout import Layout
from tradingsite.launcher.ports import free_port

FORMAT = 1


@dataclass(frozen=True)
class Record:
    """One installation. `home`, relative to the data folder or absolute, is where the services keep their files."""

    format: int
    home: str
    secret_key: str
    postgres_port: int
    postgres_password: str
    postgres_admin_password: str
    valkey_port: int
    valkey_password: str

    def save(self, path: Path) -> None:
        write_private(path, json.dumps(asdict(self), indent=2) + "\n")

    def with_port(self, service: str, port: int) -> "Record":
        """The record with the service ('postgres' or 'valkey') on another port."""
        return replace(self, postgres_port=port) if service == "postgres" else replace(self, valkey_port=port)


def write_private(path: Path, text: str) -> None:
    """Replaces the file at once, readable by its owner alone."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def load(layout: Layout) -> Record | None:
    """The record of this installation, None when there is none yet. Raises LauncherError when it is damaged."""
    path, cluster = layout.services_file, layout.data / "postgres"
    afresh = f"or move {layout.data} away to start afresh"
    if not path.exists():
        if cluster.exists():
            raise LauncherError(f"{cluster} must come with {path}, which holds its passwords: put that back, {afresh}")
        return None
    try:
        return _parse(json.loads(path.read_text()))
    except OSError as error:
        raise LauncherError(f"{path} must be readable, was not: {error.strerror}") from None
    except ValueError as error:
        raise LauncherError(f"{path} must be what an earlier start wrote: {error}. Restore it, {afresh}") from None


def create() -> Record:
    """A new record with free ports and fresh secrets; not yet written, and without a home until a service needs one."""
    return Record(
        format=FORMAT,
        home="",
        secret_key=secrets.token_urlsafe(50),
        postgres_port=free_port(),
        postgres_password=secrets.token_hex(16),
        postgres_admin_password=secrets.token_hex(16),
        valkey_port=free_port(),
        valkey_password=secrets.token_hex(16),
    )


def _parse(content: object) -> Record:
    if not isinstance(content, dict):
        raise ValueError(f"it must be an object, was {type(content).__name__}")
    for field in fields(Record):
        found = type(content.get(field.name))
        if found is not field.type:  # the value itself may be a secret
            raise ValueError(f"{field.name} must be {getattr(field.type, '__name__', '')}, was {found.__name__}")
    unknown = sorted(set(content) - {field.name for field in fields(Record)})
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is not known to this version")
    if content["format"] != FORMAT:
        raise ValueError(f"format must be {FORMAT}, was {content['format']}")
    return Record(**content)
