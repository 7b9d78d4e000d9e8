"""Hurrying waiting rows along. A lost nudge costs a second: the clock's sweep finds the row."""

import logging
from dataclasses import dataclass, field
from typing import Any

import dramatiq
from redis.exceptions import RedisError

from apps.operations.commits import after_commit
from apps.operations.logs.correlation import current
from apps.operations.logs.messages import OPTION

logger = logging.getLogger(__name__)


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
        try:
            dramatiq.get_broker().enqueue(message, delay=self.delay)
        except (RedisError, dramatiq.errors.BrokerConnectionError) as error:
            logger.warning("nudge %s lost: %s", self.actor, error)


def nudge(actor: str, *args: Any, queue: str = "default", delay: int | None = None) -> None:
    """Sends a message to an actor by name once the transaction has committed, ``delay`` milliseconds later if given.

    Never raises for a lost Redis.
    """
    after_commit(Nudge(actor, args, queue, delay))
