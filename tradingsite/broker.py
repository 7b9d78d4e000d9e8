"""The Dramatiq broker. Messages only hurry work along: the waiting row is the truth (docs/architecture.md)."""

import dramatiq
from django.conf import settings
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AgeLimit, Callbacks, Retries, ShutdownNotifications, TimeLimit

from apps.operations.logs.messages import Correlate
from tradingsite.connections import CloseConnections


def set_up_broker() -> None:
    broker = RedisBroker(
        url=settings.REDIS_URL,
        middleware=[
            AgeLimit(),
            TimeLimit(),
            ShutdownNotifications(),
            Callbacks(),
            Retries(max_retries=0),
            CloseConnections(),
            Correlate(),
        ],
    )
    dramatiq.set_broker(broker)
