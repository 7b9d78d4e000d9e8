"""Backtests through a real worker process, and what one that is killed leaves behind."""

import os
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection, transaction

from apps.backtests.models import Backtest
from apps.backtests.queue import sweep
from apps.backtests.tests.asking import ask
from tradingsite.testing.people import make_account

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]
PATIENCE = 60  # seconds
LEASE = 2


@pytest.fixture
def workers():
    """Starts worker processes of the queue on the test's database; none is left behind."""
    started = []

    def start() -> subprocess.Popen:
        database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
        environment = {**os.environ, "DATABASE_URL": database, "BACKTEST_LEASE": str(LEASE)}
        words = ["tradingsite.backtester", "--processes", "1", "--threads", "1"]
        command = [sys.executable, "-m", "dramatiq", *words]
        # A group of its own: Dramatiq's workers are children of what is started here.
        started.append(subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        kill(process)


def kill(process: subprocess.Popen) -> None:
    if process.poll() is None:
        os.killpg(process.pid, 9)
    process.wait()


def now(backtest: Backtest) -> Backtest:
    return Backtest.objects.get(pk=backtest.pk)


def wait_until_done(backtest: Backtest) -> Backtest:
    deadline = time.monotonic() + PATIENCE
    while now(backtest).state != "done":
        assert time.monotonic() < deadline, now(backtest).state
        sweep()  # as the clock does
        time.sleep(0.1)
    return now(backtest)


def test_what_a_killed_worker_leaves_is_run_by_the_next(workers):
    backtest = ask(make_account().owner)
    with transaction.atomic():
        first = workers()
        # Held here, its row lets nobody write: the worker that has claimed it comes to a stand in the middle.
        wait_for_claim_and_hold(backtest)
        kill(first)
    assert now(backtest).state == "running"
    workers()
    done = wait_until_done(backtest)
    assert done.attempts == 2
    assert done.result.bars == 10_080


def wait_for_claim_and_hold(backtest: Backtest) -> None:
    deadline = time.monotonic() + PATIENCE
    while Backtest.objects.select_for_update().filter(pk=backtest.pk, state="running").first() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
