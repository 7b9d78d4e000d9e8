"""./start from end to end, on a pretended checkout with real services."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from http.server import HTTPServer, SimpleHTTPRequestHandler

import pytest

from tradingsite.launcher.layout import ROOT
from tradingsite.launcher.leftovers import MARK
from tradingsite.launcher.pids import is_alive, started_with
from tradingsite.launcher.ports import is_taken
from tradingsite.launcher.supervisor import answers
from tradingsite.launcher.tests.checkout import Checkout, checkout, wait_for


@pytest.fixture
def here() -> Iterator[Checkout]:
    with checkout() as here:
        yield here


def test_it_prepares_runs_everything_announces_the_page_and_ends_cleanly(here: Checkout) -> None:
    process = here.start_until_page("--speed", "120")
    assert (here.root / "commands").read_text().split("\n")[:-1] == [
        "migrate --noinput",
        "choose_market",
        "collectstatic --noinput --clear",
        "warm",
        "demo",
    ]
    wait_for(lambda: "worker speaks replay 120" in here.output, "the first line of the worker")
    assert f"The platform is at http://localhost:{here.port}/" in here.output
    assert answers(f"http://127.0.0.1:{here.port}/")
    wait_for(lambda: len(started_with(MARK, str(here.layout.data))) == 3, "web, worker and the sleep of the worker")
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert "worker says goodbye" in here.output
    assert here.output.rstrip().endswith("Stopped")
    assert not started_with(MARK, str(here.layout.data)), "the sleep that the worker had started is gone too"
    assert not answers(f"http://127.0.0.1:{here.port}/")


def test_it_does_only_what_is_due(here: Checkout) -> None:
    def commands_of_a_start(*words: str) -> list[str]:
        (here.root / "commands").write_text("")
        process = here.start_until_page(*words)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        return [line.split()[0] for line in (here.root / "commands").read_text().splitlines()]

    assert commands_of_a_start("--no-demo") == ["migrate", "choose_market", "collectstatic", "warm"]
    assert commands_of_a_start() == ["migrate", "demo"]
    assert commands_of_a_start() == ["migrate"]
    (here.root / "engine" / "step.py").write_text("changed = True\n")
    assert commands_of_a_start() == ["migrate", "warm"]
    shutil.rmtree(here.root / "staticfiles")
    (here.root / "migrated").unlink()  # as when the database is a new one
    assert commands_of_a_start() == ["migrate", "choose_market", "collectstatic", "demo"]


def test_a_market_that_nobody_named_is_chosen_and_said(here: Checkout) -> None:
    process = here.start_until_page("--no-demo")
    wait_for(lambda: "worker speaks replay 60" in here.output, "the first line of the worker")
    assert "Market: replay (nobody answered, chosen on 2026-11-21)" in here.output
    assert "MARKET=replay\n" in here.layout.env_file.read_text()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    (here.root / "commands").write_text("")
    here.start_until_page("--no-demo", "--market", "coinbase")
    wait_for(lambda: "worker speaks coinbase 60" in here.output, "the first line of the worker")
    assert "choose_market" not in (here.root / "commands").read_text()
    assert "MARKET=coinbase\n" in here.layout.env_file.read_text()


def test_the_sandbox_runs_beside_the_others_and_everybody_knows_where(here: Checkout) -> None:
    here.start_until_page("--market", "sandbox")
    assert "demo finds the exchange" in here.output
    wait_for(lambda: "worker speaks sandbox" in here.output, "the first line of the worker")
    wait_for(lambda: "the exchange is at" in here.output, "the first line of the exchange")
    assert [process.name for process in here.state().processes] == ["web", "sandbox", "worker"]
    (line,) = (line for line in here.layout.env_file.read_text().splitlines() if line.startswith("SANDBOX_ADDRESS="))
    address = line.removeprefix("SANDBOX_ADDRESS=")
    port = address.removeprefix("127.0.0.1:")
    assert f"the exchange is at {address} with --port {port} --folder {here.layout.data / 'sandbox'}" in here.output


def test_it_shows_the_demo_password_once_and_keeps_it_out_of_the_logs(here: Checkout) -> None:
    here.start_until_page()
    assert here.output.count("swordfish") == 1
    assert all("swordfish" not in log.read_text() for log in here.layout.logs.iterdir())


def test_it_starts_a_dead_process_again_and_counts(here: Checkout) -> None:
    here.start_until_page("--no-demo")
    first = here.pid("worker")
    assert first
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: here.pid("worker") not in (first, None), "the restart")
    assert "was ended by SIGKILL; starts again in 0.5 s" in here.output
    assert next(process.restarts for process in here.state().processes if process.name == "worker") == 1
    assert answers(f"http://127.0.0.1:{here.port}/"), "the other processes go on"


def test_it_starts_dead_services_again(here: Checkout) -> None:
    here.start_until_page("--no-demo")
    status = here.command("status").stdout
    pids = [
        int(line.split()[2].strip(",")) for line in status.splitlines() if line.split()[0] in ("postgres", "valkey")
    ]
    assert len(pids) == 2
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: here.output.count("had died and was started again") == 2, "the restart of both")


def test_it_leaves_nothing_running_when_it_is_killed_and_starts_again_at_once(here: Checkout) -> None:
    process = here.start_until_page("--no-demo")
    wait_for(lambda: len(started_with(MARK, str(here.layout.data))) == 3, "web, worker and the sleep of the worker")
    before = started_with(MARK, str(here.layout.data))
    process.kill()
    process.wait()
    here.start_until_page("--no-demo")
    assert not any(map(is_alive, before))


def test_it_refuses_a_taken_port_before_anything_starts(here: Checkout) -> None:
    with HTTPServer(("127.0.0.1", here.port), SimpleHTTPRequestHandler):
        done = here.command("--port", str(here.port))
    assert done.returncode == 2
    assert f"--port {here.port} must be free" in done.stderr
    assert not (here.root / "commands").exists()
    assert not here.layout.services_file.exists()


def test_a_port_is_taken_that_somebody_has_where_localhost_may_also_lead() -> None:
    with socket.socket(socket.AF_INET6) as other:
        try:
            other.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
        other.listen()
        assert is_taken(other.getsockname()[1])


def test_it_refuses_to_run_twice(here: Checkout) -> None:
    here.start_until_page("--no-demo")
    done = here.command("--port", str(here.port))
    assert done.returncode == 2
    assert f"but runs at http://localhost:{here.port}/" in done.stderr


def test_it_stops_with_what_a_failed_command_said(here: Checkout) -> None:
    (here.root / "fail-migrate").touch()
    assert here.start().wait(30) == 1
    assert "'manage.py migrate' must succeed, but ended with 1" in here.output
    assert "migrate went wrong" in here.output
    assert "not running" in here.command("status").stdout


def test_it_tells_status_and_stops_by_command(here: Checkout) -> None:
    assert here.command("status").returncode == 3
    process = here.start_until_page("--no-demo")
    status = here.command("status")
    assert status.returncode == 0
    for name in ("web", "worker", "postgres", "valkey"):
        assert f"  {name:<9} process " in status.stdout
    stopped = here.command("stop")
    assert (stopped.returncode, stopped.stdout) == (0, "Stopped the platform\n")
    assert process.wait(10) == 0
    assert here.command("stop").stdout == "Nothing was running\n"


def test_it_stops_by_command_while_it_still_prepares(here: Checkout) -> None:
    (here.root / "slow-migrate").touch()
    process = here.start()
    wait_for((here.root / "commands").exists, "the first command")
    assert here.command("stop").stdout == "Stopped the platform\n"
    assert process.wait(10) != 0
    assert "Stopped before everything had started" in here.output
    assert here.command("stop").stdout == "Nothing was running\n"


def test_it_writes_one_log_for_each_process_that_only_the_owner_reads(here: Checkout) -> None:
    here.start_until_page("--no-demo")
    log = here.layout.logs / "worker.log"
    wait_for(lambda: log.exists() and "worker speaks" in log.read_text(), "the line in the log")
    assert stat.S_IMODE(here.layout.logs.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (["--port", "eighty"], "--port: must be a whole number from 1 to 65535, was 'eighty'"),
        (["--port", "0"], "--port: must be a whole number from 1 to 65535, was '0'"),
        (["--port", "65536"], "was '65536'"),
        (["--speed", "-1"], "--speed: must be a number from 0 upwards, was '-1'"),
        (["--speed", "nan"], "was 'nan'"),
        (["--market", "mars"], "--market: invalid choice: 'mars'"),
        (["--colour"], "unrecognized arguments: --colour"),
        (["dance"], "invalid choice: 'dance'"),
    ],
)
def test_it_names_the_rule_of_a_bad_option(words: list[str], rule: str) -> None:
    command = [sys.executable, "-m", "tradingsite.launcher", *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2
    assert rule in done.stderr
