"""One owner at a time; whoever has lost a task without knowing it can write nothing any more."""

import threading
import time
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection, transaction

from apps.operations.models import Ownership
from apps.operations.ownership import Fenced, Owner

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 20  # seconds


@pytest.fixture
def owners():
    """Owners of tasks, by name of the task; none keeps its lock."""
    made: list[Owner] = []

    def make(name="market"):
        made.append(Owner(name))
        return made[-1]

    yield make
    for owner in made:
        owner.release()


@pytest.fixture
def started():
    """Runs something in a thread with a database connection of its own."""
    threads: list[threading.Thread] = []

    def start(run: Callable[[], object]) -> threading.Thread:
        def body():
            try:
                run()
            finally:
                connection.close()

        threads.append(threading.Thread(target=body))
        threads[-1].start()
        return threads[-1]

    yield start
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def session_of(owner: Owner) -> int:
    assert owner._session is not None
    return owner._session.info.backend_pid


def kill_session(owner: Owner) -> None:
    """What a kill -9 of the owner's process, or the loss of its network, does to its lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [session_of(owner)])


def write(owner: Owner) -> None:
    with transaction.atomic():
        owner.check()


def test_the_first_owner_has_the_first_epoch_and_leaves_its_name(owners):
    owner = owners()
    assert owner.acquire()
    row = Ownership.objects.get(name="market")
    assert (owner.epoch, row.epoch) == (1, 1)
    assert row.holder
    assert row.since == row.beat
    write(owner)


def test_a_stand_by_waits_and_takes_over_when_the_owner_releases(owners, started):
    first, second = owners(), owners()
    first.acquire()
    thread = started(second.acquire)
    time.sleep(0.5)
    assert (thread.is_alive(), second.epoch) == (True, 0)
    first.release()
    thread.join(PATIENCE)
    assert second.epoch == 2
    write(second)


def test_after_its_connection_died_the_old_owner_is_fenced(owners, started):
    first, second = owners(), owners()
    first.acquire()
    thread = started(second.acquire)
    kill_session(first)
    thread.join(PATIENCE)
    assert second.epoch == 2
    with pytest.raises(Fenced, match="epoch 1 was taken over by 2"):
        write(first)
    with pytest.raises(psycopg.OperationalError):
        first.beat()
    write(second)


def test_a_take_over_waits_for_the_write_that_was_checked(owners, started):
    """Whatever the old owner has begun under its epoch is committed before the new one begins."""
    first, second = owners(), owners()
    first.acquire()
    with transaction.atomic():
        first.check()
        kill_session(first)
        thread = started(second.acquire)
        time.sleep(1)
        assert second.epoch == 0
    thread.join(PATIENCE)
    assert second.epoch == 2


def test_two_that_both_believe_in_the_lock_never_share_an_epoch(owners, started):
    first, second = owners(), owners()
    Ownership.objects.create(name="market", epoch=5)
    epochs: list[int] = []
    for owner in (first, second) * 5:
        started(lambda owner=owner: epochs.append(owner._bump()))
    deadline = time.monotonic() + PATIENCE
    while len(epochs) < 10 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sorted(epochs) == list(range(6, 16))


def test_a_beat_of_a_fenced_owner_gives_no_sign_of_life(owners):
    owner = owners()
    owner.acquire()
    Ownership.objects.update(epoch=9, beat=None)
    owner.beat()
    assert Ownership.objects.get().beat is None


def test_a_beat_is_a_sign_of_life(owners):
    owner = owners()
    owner.acquire()
    Ownership.objects.update(beat=None)
    owner.beat()
    assert Ownership.objects.get().beat is not None


def test_a_stand_by_that_is_told_to_stop_goes_and_leaves_no_connection(owners):
    first, second = owners(), owners()
    first.acquire()
    assert not second.acquire(stopping=lambda: True)
    assert (second.epoch, second._session) == (0, None)


def test_tasks_of_other_names_have_other_owners(owners):
    one, other = owners("market"), owners("clock")
    assert one.acquire()
    assert other.acquire(stopping=lambda: True)
    assert Ownership.objects.count() == 2
