"""A process owns many things at once, each until it ends; whoever takes one over raises its epoch."""

import psycopg
import pytest
from django.db import transaction

from apps.operations.models import Ownership
from apps.operations.ownership import Fenced
from apps.operations.seats import Seats
from tradingsite.testing.processes import wait_until


@pytest.fixture
def processes(db):
    """Two processes that want the same seats."""
    both = Seats("thing"), Seats("thing")
    yield both
    for seats in both:
        seats.leave()


def test_the_first_one_has_it_and_the_other_does_not_wait(processes):
    one, other = processes
    assert (one.take(7), other.take(7), one.take(7)) == (1, None, 1)
    assert (one.holds(7), other.holds(7)) == (True, False)


def test_each_thing_has_an_owner_of_its_own(processes):
    one, other = processes
    assert (one.take(7), other.take(8)) == (1, 1)


def test_a_take_over_raises_the_epoch_and_fences_the_old_owner(processes):
    one, other = processes
    one.take(7)
    one._session.close()  # what a lost network does
    wait_until(lambda: other.take(7) == 2)
    assert not one.holds(7)
    with pytest.raises(Fenced, match="thing 7: epoch 1 was taken over by 2"), transaction.atomic():
        one.check(7)
    with transaction.atomic():
        other.check(7)


def test_an_owner_whose_connection_broke_begins_anew(processes):
    one, _ = processes
    one.take(7)
    with psycopg.connect(one._session.info.dsn, password=one._session.info.password, autocommit=True) as server:
        server.execute("SELECT pg_terminate_backend(%s)", [one._session.info.backend_pid])
    assert one.take(7) == 2


def test_it_knows_which_things_nobody_owns(processes):
    one, other = processes
    one.take(7)
    assert other.orphans([7, 8]) == [8]
    one.leave()
    wait_until(lambda: other.orphans([7, 8]) == [7, 8])


def test_what_was_never_taken_may_not_be_written(processes):
    with pytest.raises(Fenced), transaction.atomic():
        processes[0].check(7)
    assert not Ownership.objects.filter(name="thing 7").exists()
