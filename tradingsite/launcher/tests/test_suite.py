"""./test: what it makes of pytest's exit codes, and how the root conftest speaks when services are absent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tradingsite.launcher.layout import ROOT
from tradingsite.launcher.suite import combined, whole_suite


@pytest.mark.parametrize(
    ("codes", "code"),
    [([0, 0], 0), ([0, 5], 0), ([5, 0], 0), ([5, 5], 5), ([1, 0], 1), ([0, 1], 1), ([5, 3], 3), ([2], 2), ([5], 5)],
)
def test_it_fails_when_any_run_failed_and_forgives_one_without_tests(codes: list[int], code: int) -> None:
    assert combined(codes) == code


def test_it_runs_every_test_in_exactly_one_of_the_two_runs() -> None:
    parallel, alone = whole_suite()
    assert parallel[-1] == f"not ({alone[-1]})"


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "DATABASE_URL must be set: run ./test"),
        (
            {"DATABASE_URL": "postgres://x@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1"},
            "but 127.0.0.1:1 does not",
        ),
    ],
)
def test_it_says_how_to_start_the_services_when_pytest_finds_none(
    tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tradingsite/launcher/tests/test_pins.py"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**inherited, **environ, "TRADINGSITE_DATA": str(tmp_path)},
    )
    assert done.returncode == 4
    assert words in done.stdout + done.stderr
