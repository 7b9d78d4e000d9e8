"""The Dramatiq broker. Messages only hurry work along: the waiting row is the truth (docs/architecture.md)."""

import time
from typing import Any

import dramatiq
import redis
from django.conf import settings
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import AgeLimit, Callbacks, Retries, ShutdownNotifications, TimeLimit

from apps.operations.logs.messages import Correlate
from apps.operations.nudges import Once
from tradingsite.connections import CloseConnections

LONGEST = 0.5  # seconds without a ring after which an idle worker looks all the same
RINGS = 3  # of those that nobody waited for; one lets a worker look once in vain


def set_up_broker() -> None:
    broker = RingingBroker(
        url=settings.REDIS_URL,
        middleware=[
            AgeLimit(),
            TimeLimit(),
            ShutdownNotifications(),
            Callbacks(),
            Retries(max_retries=0),
            CloseConnections(),
            Correlate(),
            Once(),
        ],
    )
    dramatiq.set_broker(broker)


class RingingBroker(RedisBroker):
    """Rings when it has put a message into a queue: an idle worker begins at once, where it else looks again and again,
    too late and too often."""

    @property
    def consumer_class(self) -> type[_RedisConsumer]:
        return RingingConsumer

    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
        queued = super().enqueue(message, delay=delay)
        if delay is None:
            with self.client.pipeline(transaction=False) as both:
                both.lpush(bell(message.queue_name), 1)
                both.ltrim(bell(message.queue_name), 0, RINGS - 1)
                both.execute()
        return queued


class RingingConsumer(_RedisConsumer):
    def __next__(self) -> Any:
        self.timeout, patience = 0, self.timeout
        try:
            message = super().__next__()
        finally:
            self.timeout = patience
        if message is None:
            self._wait()
        return message

    def _wait(self) -> None:
        """Until there may be something to do. Delayed messages come without a ring, as does the room for more."""
        if self.queue_name in self.broker.delay_queues or self.outstanding_message_count >= self.prefetch:
            time.sleep(self.timeout / 1000)
            return
        try:
            self.broker.client.blpop([bell(self.queue_name)], timeout=LONGEST)
        except redis.ConnectionError as error:
            raise ConnectionClosed(error) from None


def bell(queue: str) -> str:
    return f"bell:{queue}"
