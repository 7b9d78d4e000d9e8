"""An idle worker begins with a message at once."""

import threading

import dramatiq
import pytest

from tradingsite import broker as brokers

QUEUE = "test-of-bells"
PATIENCE = 30  # seconds


@pytest.fixture
def broker():
    known = dramatiq.get_broker()
    known.declare_queue(QUEUE)
    yield known
    known.flush(QUEUE)
    known.client.delete(brokers.bell(QUEUE))


@pytest.fixture
def consumer(broker, monkeypatch):
    """Of a worker that would look by itself only when the test has long failed."""
    monkeypatch.setattr(brokers, "LONGEST", 10 * PATIENCE)
    consumer = broker.consume(QUEUE, prefetch=2, timeout=10 * PATIENCE * 1000)
    consumer.misses = 30  # it has waited for long
    return consumer


def message():
    return dramatiq.Message(queue_name=QUEUE, actor_name="nobody", args=(), kwargs={}, options={})


def taken(consumer):
    """The next message, looked for in a thread: a wait that does not end fails the test."""
    found = []

    def look():
        while not found:
            found.extend(each for each in [next(consumer)] if each is not None)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    return thread, found


def test_a_message_wakes_the_worker_that_waits_for_one(broker, consumer):
    thread, found = taken(consumer)
    sent = message()
    broker.enqueue(sent)
    thread.join(PATIENCE)
    assert [each.message_id for each in found] == [sent.message_id]


def test_rings_that_nobody_heard_do_not_add_up(broker):
    for _ in range(20):
        broker.enqueue(message())
    assert broker.client.llen(brokers.bell(QUEUE)) == brokers.RINGS
