"""Messages that hurry decisions along; the batch rows are the truth."""

import dramatiq

from apps.bots.evaluation import batch_evaluate


@dramatiq.actor(actor_name="bots_evaluate", queue_name="evaluations", priority=10, max_retries=0, time_limit=60_000)
def bots_evaluate_actor(batch_id: int) -> None:
    batch_evaluate(batch_id)
