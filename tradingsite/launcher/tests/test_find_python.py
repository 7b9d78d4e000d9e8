"""How ./start and ./test find a Python, with pretended ones on the PATH and in pyenv's folder."""

import subprocess
from pathlib import Path

import pytest

from tradingsite.launcher.layout import ROOT

SCRIPT = ROOT / "tradingsite" / "launcher" / "find_python.sh"


class Machine:
    """A machine whose Pythons are shell scripts; each is a real interpreter only as far as the version goes."""

    def __init__(self, folder: Path) -> None:
        self.checkout, self.path, self.pyenv = folder / "checkout", [folder / "bin"], folder / "pyenv"
        self.checkout.mkdir()

    def add(self, program: Path, version: str | None) -> Path:
        """A Python of this version, or with None one that fails as a pyenv shim does."""
        program.parent.mkdir(parents=True, exist_ok=True)
        if version is None:
            program.write_text("#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n")
        else:
            numbers = version.replace(".", ", ")
            program.write_text(
                f'#!/bin/sh\n(echo "import sys; sys.version_info = ({numbers})"; cat) | {_python()} - "$2"\n'
            )
        program.chmod(0o755)
        return program

    def find(self) -> subprocess.CompletedProcess[str]:
        path = ":".join([*map(str, self.path), "/usr/bin", "/bin"])
        return subprocess.run(
            ["/bin/sh", "-c", f'set -eu; . {SCRIPT}; echo "$PYTHON"'],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.checkout,
            env={"PATH": path, "PYENV_ROOT": str(self.pyenv)},
        )

    def found(self) -> str:
        done = self.find()
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def _python() -> str:
    return subprocess.run(
        ["/bin/sh", "-c", "command -v python3"], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_it_takes_one_from_the_path(machine: Machine) -> None:
    program = machine.add(machine.path[0] / "python3.13", "3.13.2")
    assert machine.found() == str(program)


def test_it_stays_with_the_one_of_the_environment(machine: Machine) -> None:
    machine.add(machine.path[0] / "python3.12", "3.12.9")
    machine.add(machine.checkout / ".venv" / "bin" / "python", "3.13.1")
    assert machine.found() == ".venv/bin/python"
    (machine.checkout / ".python-version").write_text("3.12\n")
    assert machine.found() == str(machine.path[0] / "python3.12")


def test_it_prefers_the_version_that_is_tested_most(machine: Machine) -> None:
    machine.add(machine.path[0] / "python3.13", "3.13.2")
    program = machine.add(machine.path[0] / "python3.12", "3.12.9")
    assert machine.found() == str(program)


def test_it_takes_a_plain_python3_of_the_right_version(machine: Machine) -> None:
    program = machine.add(machine.path[0] / "python3", "3.12.3")
    assert machine.found() == str(program)


def test_it_passes_over_a_shim_that_fails_to_one_further_along_the_path(machine: Machine) -> None:
    machine.add(machine.path[0] / "python3.12", None)
    machine.path.append(machine.path[0].with_name("later folder"))
    program = machine.add(machine.path[1] / "python3.12", "3.12.0")
    assert machine.found() == str(program)


def test_it_finds_what_pyenv_has_without_being_switched_on(machine: Machine) -> None:
    machine.add(machine.path[0] / "python3.12", None)
    machine.add(machine.path[0] / "python3", "3.11.7")
    program = machine.add(machine.pyenv / "versions" / "3.13.1" / "bin" / "python", "3.13.1")
    assert machine.found() == str(program)


@pytest.mark.parametrize("wanted", ["3.13.1", "3.13", "# chosen by hand\n\n  3.13.1  \n3.12.0\n"])
def test_it_honours_the_version_file(machine: Machine, wanted: str) -> None:
    machine.add(machine.path[0] / "python3.12", "3.12.9")
    program = machine.add(machine.pyenv / "versions" / "3.13.1" / "bin" / "python", "3.13.1")
    (machine.checkout / ".python-version").write_text(wanted)
    assert machine.found() == str(program)


def test_it_does_not_take_3_12_10_for_3_12_1(machine: Machine) -> None:
    machine.add(machine.path[0] / "python3.12", "3.12.10")
    (machine.checkout / ".python-version").write_text("3.12.1\n")
    done = machine.find()
    assert done.returncode == 1
    assert "Python 3.12.1, named in .python-version, was not found" in done.stderr


@pytest.mark.parametrize("wanted", ["3.11.7", "3.14", "pypy3.10", "3"])
def test_it_refuses_a_version_file_that_names_another_python(machine: Machine, wanted: str) -> None:
    machine.add(machine.path[0] / "python3.12", "3.12.9")
    (machine.checkout / ".python-version").write_text(wanted)
    done = machine.find()
    assert done.returncode == 1
    assert f".python-version must name Python 3.12 or 3.13, was '{wanted}'" in done.stderr


def test_it_says_what_is_needed_when_there_is_none(machine: Machine) -> None:
    machine.add(machine.path[0] / "python3", "3.11.7")
    machine.add(machine.path[0] / "python3.13", "3.14.0")
    done = machine.find()
    assert (done.returncode, done.stdout) == (1, "")
    assert "error: Python 3.12 or 3.13 must be installed" in done.stderr
