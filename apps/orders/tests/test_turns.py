"""Of the threads that are nudged to an account one reads it; the others send and leave the reading to that one."""

import pytest

from apps.orders import services
from apps.orders.services import orders_hurry
from apps.orders.turns import Turns


@pytest.fixture
def nudged(monkeypatch):
    found = []
    monkeypatch.setattr(services, "nudge", lambda actor, *args, queue: found.append((actor, *args)))
    return found


def test_a_turn_is_one_threads_and_tells_who_came_meanwhile():
    turns = Turns()
    assert turns.begin(7)
    assert turns.begin(8)
    assert not turns.end(8)
    assert not turns.begin(7)
    assert turns.end(7)
    assert turns.begin(7)
    assert not turns.end(7)


def test_who_comes_while_another_reads_sends_and_has_it_read_once_more(live, monkeypatch, nudged):
    live.work()
    reads, read = [], services.synchronise

    def slow(account):
        reads.append(account.pk)
        if len(reads) == 1:
            order = live.buy()
            orders_hurry(account.pk)  # another thread, in the middle of this one's reading
            assert live.state(order) == "open"
            assert len(reads) == 1
        return read(account)

    monkeypatch.setattr(services, "synchronise", slow)
    orders_hurry(live.account.pk)
    assert nudged == [("orders_work", live.account.pk)]
    nudged.clear()
    orders_hurry(live.account.pk)
    assert nudged == []


def test_who_decides_on_an_account_reads_it_whoever_else_does(live, monkeypatch, nudged):
    live.work()
    reads, read = [], services.synchronise

    def slow(account):
        reads.append(account.pk)
        if len(reads) == 1:
            live.work()  # an evaluation does this before its decision
            assert len(reads) == 2
        return read(account)

    monkeypatch.setattr(services, "synchronise", slow)
    orders_hurry(live.account.pk)
    assert len(reads) == 2


def test_a_turn_is_given_back_by_a_thread_that_failed(live, monkeypatch, nudged):
    def fail(account):
        raise OSError("lost")

    with monkeypatch.context() as broken:
        broken.setattr(services, "synchronise", fail)
        with pytest.raises(OSError, match="lost"):
            orders_hurry(live.account.pk)
    order = live.buy()
    orders_hurry(live.account.pk)
    assert live.state(order) == "open"
