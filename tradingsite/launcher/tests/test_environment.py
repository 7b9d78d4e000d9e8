"""When the environment is made and filled: with a pretended uv that only notes what it was asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tradingsite.launcher.environment import Environment
from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.layout import Layout

UV = """#!/bin/sh
[ "$1" = --version ] && exit 0
echo "$@" >> calls
if [ -f fail ]; then echo "error: Failed to fetch django" >&2; exit 2; fi
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An empty checkout with pins, and the pretended uv first on the PATH."""
    layout = Layout(root=tmp_path, data=tmp_path / ".data")
    layout.prepare()
    (tmp_path / ".ci").mkdir()
    (tmp_path / "requirements.txt").write_text("django==6.1.3\n")
    (tmp_path / ".ci" / "requirements.txt").write_text("pytest==9.2.0\n")
    program = tmp_path / "bin" / "uv"
    program.parent.mkdir()
    program.write_text(UV)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return Environment(layout)


def calls(project: Environment) -> list[str]:
    file = project.layout.root / "calls"
    return file.read_text().splitlines() if file.exists() else []


def files_of(call: str) -> list[str]:
    words = [Path(word) for word in call.split() if word.endswith(".txt")]
    return [f".ci/{path.name}" if path.parent.name == ".ci" else path.name for path in words]


def test_it_makes_the_environment_once(project: Environment) -> None:
    project.ensure(tests=False)
    project.ensure(tests=False)
    assert [files_of(call) for call in calls(project)] == [["requirements.txt"]]
    code = "import sys; print(sys.prefix)"
    prefix = subprocess.run([str(project.python), "-c", code], check=True, capture_output=True, text=True).stdout
    assert prefix.strip() == str(project.folder)


def test_it_installs_again_when_the_pins_change(project: Environment) -> None:
    project.ensure(tests=False)
    (project.layout.root / "requirements.txt").write_text("django==6.1.4\n")
    project.ensure(tests=False)
    assert len(calls(project)) == 2


def test_it_adds_what_tests_need_and_keeps_it_when_the_platform_starts(project: Environment) -> None:
    project.ensure(tests=False)
    project.ensure(tests=True)
    project.ensure(tests=False)
    (project.layout.root / "requirements.txt").write_text("django==6.1.4\n")
    project.ensure(tests=False)
    both = ["requirements.txt", ".ci/requirements.txt"]
    assert [files_of(call) for call in calls(project)] == [["requirements.txt"], both, both]


def test_it_says_what_could_not_be_installed_and_tries_again_next_time(project: Environment) -> None:
    (project.layout.root / "fail").touch()
    with pytest.raises(LauncherError, match=r"(?s)packages of requirements\.txt could not .*Failed to fetch django"):
        project.ensure(tests=False)
    (project.layout.root / "fail").unlink()
    project.ensure(tests=False)
    assert len(calls(project)) == 2


def test_it_makes_a_broken_environment_anew(project: Environment) -> None:
    project.ensure(tests=False)
    project.python.unlink()
    project.python.symlink_to("/nowhere/python")
    project.ensure(tests=False)
    assert len(calls(project)) == 2
    subprocess.run([str(project.python), "-c", ""], check=True)


def test_it_makes_an_environment_of_another_python_anew(project: Environment) -> None:
    project.ensure(tests=False)
    project.python.unlink()
    project.python.write_text("#!/bin/sh\necho 3.11.7\n")
    project.python.chmod(0o755)
    (project.folder / "installed.json").unlink()
    project.ensure(tests=False)
    assert project.python.resolve() == Path(sys.executable).resolve()


def test_it_leaves_a_folder_alone_that_is_no_environment(project: Environment) -> None:
    project.folder.mkdir()
    (project.folder / "diary").write_text("dear")
    with pytest.raises(LauncherError, match=r"must be a Python environment, but has no pyvenv\.cfg"):
        project.ensure(tests=False)
    assert (project.folder / "diary").exists()


def test_it_gets_uv_by_pip_and_says_so_when_it_cannot(project: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.layout.root / "bin" / "uv").unlink()
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for name in ("PIP_FIND_LINKS", "PIP_CONFIG_FILE"):
        monkeypatch.setenv(name, os.devnull)
    with pytest.raises(LauncherError, match=r"uv==\S+ could not be installed into .*uv-venv"):
        project.ensure(tests=False)
