"""Nudges and hints only hurry: they leave after the commit, and without Redis they are lost and nobody waits."""

import asyncio
import logging
import time
from collections.abc import Callable

import dramatiq
import pytest
from channels.layers import channel_layers, get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.db import transaction
from dramatiq.brokers.redis import RedisBroker

from apps.operations import hints
from apps.operations.hints import hint, toast
from apps.operations.nudges import nudge

NOWHERE = "redis://127.0.0.1:1"  # nothing listens there
QUEUE = "test-of-nudges"
PATIENCE = 10  # seconds


@pytest.fixture
def broker():
    """The platform's broker with a queue of our own."""
    known = dramatiq.get_broker()
    known.declare_queue(QUEUE)
    known.flush(QUEUE)
    forget(known)
    yield known
    known.flush(QUEUE)
    forget(known)


def forget(broker) -> None:
    """No message of an earlier test counts as one that waits."""
    for mark in broker.client.scan_iter(f"nudge:{QUEUE}:*"):
        broker.client.delete(mark)


@pytest.fixture
def dead_redis(monkeypatch):
    known = dramatiq.get_broker()
    dead = RedisBroker(url=NOWHERE)
    dead.declare_queue(QUEUE)
    dramatiq.set_broker(dead)
    monkeypatch.setitem(channel_layers.backends, "default", RedisPubSubChannelLayer(hosts=[NOWHERE]))
    yield
    dramatiq.set_broker(known)


@pytest.fixture
def sent(monkeypatch) -> list[tuple[str, dict]]:
    found: list[tuple[str, dict]] = []
    monkeypatch.setattr(hints, "send", lambda group, message: found.append((group, message)))
    return found


def undo(deed: Callable[[], None]) -> None:
    """Does something in a transaction that is rolled back."""
    with transaction.atomic():
        deed()
        transaction.set_rollback(True)


def waiting(broker) -> int:
    return broker.client.llen(f"{broker.namespace}:{QUEUE}")


@pytest.mark.django_db(transaction=True)
def test_a_nudge_leaves_after_the_commit_and_never_without_it(broker):
    with transaction.atomic():
        nudge("orders_work", 7, queue=QUEUE)
        assert waiting(broker) == 0
    assert waiting(broker) == 1
    undo(lambda: nudge("orders_work", 8, queue=QUEUE))
    assert waiting(broker) == 1


@pytest.mark.django_db(transaction=True)
def test_of_equal_nudges_one_waits_until_its_work_begins(broker):
    for account_id in (7, 7, 8, 7):
        nudge("orders_work", account_id, queue=QUEUE)
    assert waiting(broker) == 2
    begun = next(broker.consume(QUEUE, timeout=100))
    broker.emit_before("process_message", begun)
    for _ in range(2):
        nudge("orders_work", *begun.args, queue=QUEUE)
    assert waiting(broker) == 2  # the other one, and one for what happened since


@pytest.mark.django_db(transaction=True)
def test_a_nudge_whose_message_died_is_missed_for_no_more_than_a_second(broker):
    nudge("orders_work", 7, queue=QUEUE)
    broker.flush(QUEUE)
    (mark,) = broker.client.scan_iter(f"nudge:{QUEUE}:*")
    assert 0 < broker.client.pttl(mark) <= 1000
    broker.client.delete(mark)
    nudge("orders_work", 7, queue=QUEUE)
    assert waiting(broker) == 1


@pytest.mark.django_db(transaction=True)
def test_a_nudge_without_redis_is_lost_at_once_and_said_in_the_log(dead_redis, caplog):
    began = time.monotonic()
    with caplog.at_level(logging.WARNING), transaction.atomic():
        nudge("orders_work", 7, queue=QUEUE)
    assert time.monotonic() - began < 2
    assert "nudge orders_work lost" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_hints_and_toasts_leave_after_the_commit_and_never_without_it(sent):
    with transaction.atomic():
        hint(7, "orders", "bot-3")
        toast(7, "Bought", tone="good")
        assert sent == []
    assert sent == [
        ("user-7", {"type": "live.changed", "keys": ["orders", "bot-3"]}),
        ("user-7", {"type": "live.toast", "text": "Bought", "tone": "good", "urgent": False}),
    ]
    undo(lambda: hint(7, "orders"))
    assert len(sent) == 2


@pytest.mark.django_db(transaction=True)
def test_a_hint_without_redis_costs_the_caller_nothing(dead_redis, caplog):
    began = time.monotonic()
    with caplog.at_level(logging.WARNING), transaction.atomic():
        hint(7, "orders")
    assert time.monotonic() - began < 1
    while "hint to user-7 lost" not in caplog.text:
        assert time.monotonic() - began < PATIENCE
        time.sleep(0.01)


async def test_a_hint_reaches_the_group_of_its_user():
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add("user-7", channel)
    hints.send("user-7", {"type": "live.changed", "keys": ["orders"]})
    message = await asyncio.wait_for(layer.receive(channel), PATIENCE)
    assert message == {"type": "live.changed", "keys": ["orders"]}
    await layer.flush()
