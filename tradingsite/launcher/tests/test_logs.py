"""./start logs, and the files that it reads."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tradingsite.launcher import console as console_module
from tradingsite.launcher.console import Console
from tradingsite.launcher.errors import UsageError
from tradingsite.launcher.layout import ROOT
from tradingsite.launcher.logs import show_logs
from tradingsite.launcher.tests.checkout import wait_for


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "web.log").write_text("2026-11-21 10:00:00 one\n2026-11-21 10:00:02 three\n")
    (folder / "worker.log").write_text("2026-11-21 10:00:01 two\n2026-11-21 10:00:03 four\n")
    return folder


@pytest.fixture
def follower(tmp_path: Path, logs: Path) -> Iterator[Path]:
    """`./start logs -f web` under way; the file with what it has printed."""
    output = tmp_path / "output"
    command = [sys.executable, "-u", "-m", "tradingsite.launcher", "logs", "-f", "-n", "1", "web"]
    with output.open("w") as file:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=file, env={**os.environ, "TRADINGSITE_DATA": str(tmp_path)}
        )
    yield output
    process.kill()
    process.wait()


def test_it_prints_the_last_lines_of_all_in_the_order_of_their_times(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show_logs(logs, None, lines=3, follow=False)
    assert capsys.readouterr().out.splitlines() == [
        "worker   | 2026-11-21 10:00:01 two",
        "web      | 2026-11-21 10:00:02 three",
        "worker   | 2026-11-21 10:00:03 four",
    ]


def test_it_prints_one_log_without_prefix(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_logs(logs, "web", lines=1, follow=False)
    assert capsys.readouterr().out == "2026-11-21 10:00:02 three\n"


def test_it_names_the_logs_there_are_when_asked_for_another(logs: Path) -> None:
    with pytest.raises(UsageError, match=r"\(web, worker\), was 'wbe'"):
        show_logs(logs, "wbe", lines=1, follow=False)


def test_it_follows_a_log_through_its_rotation(follower: Path, logs: Path) -> None:
    wait_for(lambda: "three" in follower.read_text(), "the last line")
    with (logs / "web.log").open("a") as file:
        file.write("five\nhalf a li")
    wait_for(lambda: "five" in follower.read_text(), "the new line")
    (logs / "web.log").rename(logs / "web.log.1")
    (logs / "web.log").write_text("six\n")
    wait_for(lambda: "six" in follower.read_text(), "the line after the rotation")
    assert follower.read_text().splitlines() == ["2026-11-21 10:00:02 three", "five", "six"]


def test_it_rotates_what_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_module, "KEEP_BYTES", 1000)
    console = Console(tmp_path, ["web"], io.StringIO())
    for number in range(200):
        console.line("web", f"line {number}")
    console.close()
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert sorted(sizes) == ["web.log", "web.log.1", "web.log.2", "web.log.3"]
    assert max(sizes.values()) <= 1000


def test_it_paints_prefixes_only_when_asked(tmp_path: Path) -> None:
    plain, painted = io.StringIO(), io.StringIO()
    Console(tmp_path, ["web", "worker"], plain).line("web", "hello")
    Console(tmp_path, ["web", "worker"], painted, colour=True).line("web", "hello")
    assert plain.getvalue()[8:] == " web    | hello\n"
    assert painted.getvalue().startswith("\033[36m")
    assert "\033" not in (tmp_path / "web.log").read_text()


class GoneTerminal(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_it_goes_on_when_the_terminal_is_gone(tmp_path: Path) -> None:
    console = Console(tmp_path, ["web"], GoneTerminal())
    console.line("web", "one")
    console.line("web", "two")
    console.close()
    assert [line[20:] for line in (tmp_path / "web.log").read_text().splitlines()] == ["one", "two"]
