"""How many messages wait in the broker, and how much waiting work the rows themselves show."""

from collections.abc import Callable

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from redis.exceptions import RedisError

from apps.operations.health.checks import Check, Status

QUEUES = ["evaluations", "orders", "backtests"]
PATIENCE = 30.0  # seconds after which waiting work means that no worker takes it
waiting: dict[str, Callable[[], float]] = {}  # name -> age in seconds of the oldest waiting row, 0 = none waits


def depths() -> dict[str, int]:
    """Messages waiting by queue, delayed ones included. Empty when Redis does not answer: rows wait all the same."""
    broker = dramatiq.get_broker()
    assert isinstance(broker, RedisBroker)
    names = sorted({*broker.get_declared_queues(), *QUEUES})
    try:
        with broker.client.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.llen(f"{broker.namespace}:{name}")
                pipe.llen(f"{broker.namespace}:{name}.DQ")
            found = pipe.execute()
    except RedisError:
        return {}
    return {name: found[2 * k] + found[2 * k + 1] for k, name in enumerate(names)}


def check() -> Check:
    """Whether workers keep up. Rows are asked, not messages: those may be lost, or be many for one row."""
    oldest = max((age() for age in waiting.values()), default=0.0)
    if oldest > PATIENCE:
        return Check("queue", Status.DEGRADED, f"work has waited for {oldest:.0f} s: no worker?", oldest, PATIENCE)
    return Check("queue", Status.OK, "work is taken as it comes", oldest, PATIENCE)
