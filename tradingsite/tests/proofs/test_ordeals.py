"""Whatever is killed, emptied or held up on the way: the market comes to the same orders, fills, balances and ledger.

The processes are the Procfile's, on real PostgreSQL and Valkey. Each test plays the next minutes of one market; the
reference is the same market, played undisturbed in this process.
"""

import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

import psycopg
import pytest

from apps.operations.ownership import lock_key
from tradingsite.launcher.supervisor import answers
from tradingsite.testing.ordeals.installation import installed
from tradingsite.testing.ordeals.ordeal import blows, feed_position

pytestmark = pytest.mark.processes

SEED = 7
KILLS = ["worker", "worker", "stream", "stream", "clock", "web"]
LEAST = 4  # minutes a fill, at most


@pytest.fixture(scope="module")
def installation(django_db_blocker):
    folder = Path(tempfile.mkdtemp(prefix="ordeals-"))
    folder.chmod(0o755)  # pytest's folders are closed to the services' user
    with django_db_blocker.unblock(), installed(folder) as installation:
        yield installation
    shutil.rmtree(folder)


def endure(installation, minutes, strikes):
    """Plays so many minutes in which the strikes fall, and compares."""
    before, _ = installation.played()
    until = installation.ordeal.play(minutes, blows(SEED, minutes, strikes))
    undisturbed = installation.undisturbed(until)
    played, wrong = installation.played()
    print(f"{minutes} minutes came to {played}, {wrong=}")
    assert wrong == []
    assert undisturbed.differences(played) == {}
    assert (played.fills - before.fills).total() >= minutes / LEAST, "there must be something to lose"


def test_kill_9_of_every_process_at_random_moments_loses_and_doubles_nothing(installation):
    processes = installation.processes
    endure(installation, 24, [partial(processes.kill, name) for name in KILLS])
    assert processes.kills == Counter(KILLS)
    wait_for_page(processes.environ["PORT"])


def wait_for_page(port):
    deadline = time.monotonic() + 60
    while not answers(f"http://127.0.0.1:{port}/"):
        assert time.monotonic() < deadline, "web must answer again after its last kill"
        time.sleep(0.1)


def test_redis_emptied_and_killed_loses_nothing(installation):
    endure(installation, 12, [installation.empty_redis] * 2 + [installation.kill_redis])


def test_a_stream_that_was_replaced_while_it_was_frozen_writes_nothing_more(installation):
    endure(installation, 8, [partial(freeze_and_replace, installation.ordeal)])


def freeze_and_replace(ordeal):
    processes = ordeal.processes
    processes.commands["standby"] = processes.commands["stream"]
    processes.start("standby")
    with psycopg.connect(ordeal.url, autocommit=True) as database:
        freeze(processes.pid("stream"), database)
        end_owner("stream:replay", database)
        before = feed_position(database)
        while feed_position(database) == before:
            time.sleep(0.05)
    os.kill(processes.pid("stream"), signal.SIGCONT)
    assert processes.wait("stream") == 1  # told by the epoch or by its lock's connection, whichever it looks at first


def freeze(pid, database):
    """Stops the process at a moment when it is in no transaction, which would keep others from writing."""
    busy = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
    os.kill(pid, signal.SIGSTOP)
    time.sleep(0.3)
    while database.execute(f"{busy} AND state_change < now() - interval '0.2 s'").fetchone():
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.05)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.3)


def end_owner(task, database):
    """Ends the connection that holds the task's advisory lock, as a broken network would."""
    locks = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = %s"
    assert len(database.execute(locks, [lock_key(database.info.dbname, task)]).fetchall()) == 1
