"""One supervised process: how it is started again, and how it ends."""

import asyncio
import io
import time
from pathlib import Path

import pytest

from tradingsite.launcher import child as child_module
from tradingsite.launcher.child import Child
from tradingsite.launcher.console import Console

ENVIRON = {"PATH": "/usr/bin:/bin", "WORD": "hello"}


def make(folder: Path, command: str) -> tuple[Child, io.StringIO]:
    said = io.StringIO()
    return Child("job", command, folder, ENVIRON, Console(folder, ["job"], said)), said


async def until(said: io.StringIO, text: str, times: int = 1) -> None:
    deadline = time.monotonic() + 20
    while said.getvalue().count(text) < times:
        assert time.monotonic() < deadline, said.getvalue()
        await asyncio.sleep(0.01)


async def test_it_waits_longer_each_time_a_command_fails_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "FIRST_DELAY", 0.01)
    monkeypatch.setattr(child_module, "LONGEST_DELAY", 0.04)
    child, said = make(tmp_path, "false")
    run = asyncio.create_task(child.run())
    await until(said, "ended with exit code 1", times=5)
    await child.stop()
    await run
    delays = [line.rsplit(" ", 2)[1] for line in said.getvalue().splitlines()[:5]]
    assert delays == ["0.01", "0.02", "0.04", "0.04", "0.04"]
    assert child.restarts >= 5


async def test_it_begins_with_the_first_delay_again_after_a_long_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "FIRST_DELAY", 0.01)
    monkeypatch.setattr(child_module, "SETTLED_SECONDS", 0.05)
    child, said = make(tmp_path, "sleep 0.1")
    run = asyncio.create_task(child.run())
    await until(said, "starts again in 0.01 s", times=3)
    await child.stop()
    await run


async def test_it_passes_the_environment_and_every_line_on(tmp_path: Path) -> None:
    child, said = make(tmp_path, "sh -c 'echo $WORD; printf \"%0100000d\\n\" 7; printf half >&2; sleep 30'")
    run = asyncio.create_task(child.run())
    await until(said, "0" * 99_999 + "7\n")
    await child.stop()
    await run
    lines = [line.partition("| ")[2] for line in said.getvalue().splitlines()]
    assert lines == ["hello", "0" * 99_999 + "7", "half"]


async def test_it_kills_what_does_not_end_in_time(tmp_path: Path) -> None:
    child, said = make(tmp_path, "sh -c 'trap \"\" TERM; echo deaf; while :; do sleep 0.1; done'")
    run = asyncio.create_task(child.run())
    await until(said, "deaf")
    await child.stop(grace=0.2)
    await asyncio.wait_for(run, 5)
    assert "did not end within 0.2 s and is killed" in said.getvalue()
    assert child.pid is None


async def test_it_does_not_wait_for_a_grandchild_that_holds_the_output(tmp_path: Path) -> None:
    child, said = make(tmp_path, "sh -c 'sleep 1000 & echo born; wait'")
    run = asyncio.create_task(child.run())
    await until(said, "born")
    began = time.monotonic()
    await child.stop()
    await run
    assert time.monotonic() - began < 5


async def test_it_ends_while_it_waits_to_start_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "FIRST_DELAY", 60.0)
    child, said = make(tmp_path, "false")
    run = asyncio.create_task(child.run())
    await until(said, "starts again in 60 s")
    await child.stop()
    await asyncio.wait_for(run, 5)
