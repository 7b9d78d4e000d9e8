"""Hurrying waiting rows along. A lost nudge costs a second: the clock's sweep finds the row."""

import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from redis.exceptions import RedisError

from apps.operations.commits import after_commit
from apps.operations.logs.correlation import current
from apps.operations.logs.messages import OPTION

logger = logging.getLogger(__name__)
WAITS = 1000  # milliseconds for which a message is taken to wait: longer and it may have died with a worker


@dataclass(frozen=True)
class Nudge:
    """A message to an actor, sent when called."""

    actor: str
    args: tuple[Any, ...]
    queue: str
    delay: int | None = None
    cause: str = field(default_factory=current, compare=False)  # of several that ask for the same, the first counts

    def __call__(self) -> None:
        message: dramatiq.Message[Any] = dramatiq.Message(
            queue_name=self.queue,
            actor_name=self.actor,
            args=self.args,
            kwargs={},
            options={OPTION: self.cause} if self.cause else {},
        )  # fmt: skip
        broker = dramatiq.get_broker()
        try:
            if self.delay is not None or not _waits(broker, message):
                broker.enqueue(message, delay=self.delay)
        except (RedisError, dramatiq.errors.BrokerConnectionError) as error:
            logger.warning("nudge %s lost: %s", self.actor, error)


def nudge(actor: str, *args: Any, queue: str = "default", delay: int | None = None) -> None:
    """Sends a message to an actor by name once the transaction has committed, ``delay`` milliseconds later if given,
    unless the same one waits in the queue.

    Never raises for a lost Redis.
    """
    after_commit(Nudge(actor, args, queue, delay))


class Once(dramatiq.Middleware):
    """Of equal messages one waits at a time: what happens from the moment on in which its work begins sends another."""

    def before_process_message(self, broker: dramatiq.Broker, message: Any) -> None:
        if isinstance(broker, RedisBroker):
            with suppress(RedisError):
                broker.client.delete(_mark(message))


def _waits(broker: dramatiq.Broker, message: dramatiq.Message[Any]) -> bool:
    """Whether an equal message waits already; if not, this one does from now on."""
    return isinstance(broker, RedisBroker) and not broker.client.set(_mark(message), 1, nx=True, px=WAITS)


def _mark(message: Any) -> str:
    return ":".join(["nudge", message.queue_name, message.actor_name, *map(str, message.args)])
