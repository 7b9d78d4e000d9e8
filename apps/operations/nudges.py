"""Hurrying waiting rows along. A lost nudge costs a second: the clock's sweep finds the row."""

import logging
from typing import Any

import dramatiq
from django.db import transaction
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def nudge(actor: str, *args: Any, queue: str = "default") -> None:
    """Sends a message to an actor by name once the transaction has committed. Never raises for a lost Redis."""
    transaction.on_commit(lambda: _send(actor, args, queue))


def _send(actor: str, args: tuple[Any, ...], queue: str) -> None:
    message: dramatiq.Message[Any] = dramatiq.Message(
        queue_name=queue, actor_name=actor, args=args, kwargs={}, options={}
    )
    try:
        dramatiq.get_broker().enqueue(message)
    except (RedisError, dramatiq.errors.BrokerConnectionError) as error:
        logger.warning("nudge %s lost: %s", actor, error)
