"""The message that hurries backtests along; their rows are the truth.

A queue of its own, worked off by a process of its own (Procfile): a backtest delays no decision and no order.
"""

import dramatiq

from apps.backtests.queue import QUEUE, TIME_LIMIT


@dramatiq.actor(
    actor_name="backtests_work", queue_name=QUEUE, max_retries=0, time_limit=TIME_LIMIT * 1000, notify_shutdown=True
)
def backtests_work_actor() -> None:
    # Loads the compiler: a process that has nothing to run yet does not pay for it.
    from apps.backtests.work import work  # noqa: PLC0415

    work()
