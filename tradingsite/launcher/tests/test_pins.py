"""The pinned requirements follow pyproject.toml and name no place of their origin."""

import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tradingsite.launcher.layout import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())


def asked(*groups: str) -> list[Requirement]:
    return [Requirement(line) for group in groups for line in PROJECT["dependency-groups"][group]]


def pinned(file: str) -> dict[str, str]:
    lines = [line for line in (ROOT / file).read_text().splitlines() if line and not line.lstrip().startswith("#")]
    pins = [Requirement(line) for line in lines]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}


@pytest.mark.parametrize(
    ("file", "requirements"),
    [
        ("requirements.txt", [*map(Requirement, PROJECT["project"]["dependencies"]), *asked("local")]),
        (".ci/requirements.txt", asked("test", "e2e", "lint")),
    ],
)
def test_it_pins_every_dependency_at_a_version_that_is_allowed(file: str, requirements: list[Requirement]) -> None:
    pins = pinned(file)
    for requirement in requirements:
        version = pins.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} must be in {file}: run .ci/pin"
        assert requirement.specifier.contains(version, prereleases=True), f"run .ci/pin for {requirement}"


def test_it_pins_what_both_files_share_alike() -> None:
    running, testing = pinned("requirements.txt"), pinned(".ci/requirements.txt")
    assert {name: testing[name] for name in testing.keys() & running} == {
        name: running[name] for name in testing.keys() & running
    }


@pytest.mark.parametrize("file", ["requirements.txt", ".ci/requirements.txt"])
def test_it_names_no_index_and_no_folder_of_a_machine(file: str) -> None:
    text = (ROOT / file).read_text()
    assert "://" not in text
    assert "--" not in text
    assert " @ " not in text
