"""Messages that hurry orders along. Each may run twice or never: the rows wait for the sweep."""

import dramatiq

from apps.orders.recovery import account_tend
from apps.orders.services import orders_hurry


@dramatiq.actor(actor_name="orders_work", queue_name="orders", priority=0, max_retries=0, time_limit=60_000)
def orders_work_actor(account_id: int) -> None:
    orders_hurry(account_id)


@dramatiq.actor(actor_name="account_tend", queue_name="orders", priority=0, max_retries=0, time_limit=120_000)
def account_tend_actor(account_id: int) -> None:
    account_tend(account_id)
