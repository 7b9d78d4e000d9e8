"""A data folder that is foreign or damaged: a message that names the thing and the rule, and nothing deleted."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.layout import Layout
from tradingsite.launcher.services import Services

REMADE = ("pg_internal.init", "pgstat.stat")  # PostgreSQL itself drops these when it starts


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name not in ("run", "logs") and path.name not in REMADE
    }


def without_services_file(data: Path) -> None:
    (data / "services.json").unlink()


def with_half_a_services_file(data: Path) -> None:
    (data / "services.json").write_text((data / "services.json").read_text()[:100])


def with_a_list_for_services(data: Path) -> None:
    (data / "services.json").write_text("[]")


def with_a_wrong_type(data: Path) -> None:
    change(data, postgres_port="5432")


def with_a_later_format(data: Path) -> None:
    change(data, format=2)


def with_an_unknown_field(data: Path) -> None:
    change(data, flavour="mint")


def without_cluster_version(data: Path) -> None:
    (data / "postgres" / "PG_VERSION").unlink()


def with_an_older_cluster(data: Path) -> None:
    (data / "postgres" / "PG_VERSION").write_text("16\n")


def with_a_broken_control_file(data: Path) -> None:
    (data / "postgres" / "global" / "pg_control").write_bytes(b"x" * 8192)


def with_another_password(data: Path) -> None:
    change(data, postgres_admin_password="not the one")


def change(data: Path, **values: object) -> None:
    file = data / "services.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        (without_services_file, "must come with .*services.json, which holds its passwords"),
        (with_half_a_services_file, "services.json must be what an earlier start wrote"),
        (with_a_list_for_services, "it must be an object, was list"),
        (with_a_wrong_type, "postgres_port must be int, was str"),
        (with_a_later_format, "format must be 1, was 2"),
        (with_an_unknown_field, "flavour is not known"),
        (without_cluster_version, "must be a PostgreSQL cluster, but PG_VERSION"),
        (with_an_older_cluster, "must be a cluster of PostgreSQL 18, was one of PostgreSQL 16"),
        (with_a_broken_control_file, "could not start on .*incompatible with server.*Nothing was deleted"),
        (with_another_password, "refused the launcher: .*password authentication failed"),
    ],
)
def test_it_names_the_damage_and_deletes_nothing(services: Services, damage: Callable[[Path], None], rule: str) -> None:
    services.up()
    services.down()
    original = (services.layout.data / "services.json").read_bytes()
    damage(services.layout.data)
    before = snapshot(services.layout.data)
    with pytest.raises(LauncherError, match=f"(?s){rule}"):
        services.up()
    after = snapshot(services.layout.data)
    assert before.keys() <= after.keys()
    assert after.get("services.json") == before.get("services.json")
    (services.layout.data / "services.json").write_bytes(original)  # lets the fixture find and end a server


def test_it_wants_a_folder_not_a_file(layout: Layout) -> None:
    layout.data.write_text("notes")
    with pytest.raises(LauncherError, match="must be a folder, was a file"):
        layout.prepare()
    assert layout.data.read_text() == "notes"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_it_wants_a_folder_of_the_user_who_runs_it(layout: Layout) -> None:
    layout.data.mkdir()
    os.chown(layout.data, 65534, 65534)
    with pytest.raises(LauncherError, match="must belong to the user who runs this, root, but belongs to nobody"):
        layout.prepare()
