"""Evaluation batches: rows that say which bots must decide on which closed bar."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from apps.bots.models import Bot, EvaluationBatch
from apps.bots.partitions import partition_ensure
from apps.ledger.models import Position
from apps.markets.models import Product
from apps.markets.registry import MarketEvent
from apps.operations.nudges import nudge
from engine.kinds import EventKind

BATCH_SIZE = 200
HOLD_CHECK = 0  # timeframe of a batch that only ends positions held for long enough
ACTIVE = [Bot.State.RUNNING, Bot.State.PAUSED]
QUIET = timedelta(seconds=0.7)


def batches_open(event: MarketEvent) -> None:
    """Commits the work that a closed bar causes, in the event's own transaction."""
    if event.kind == EventKind.OPEN:
        return
    due: dict[int, list[int]] = {}
    bots = Bot.objects.filter(product=event.product, state__in=ACTIVE, version__timeframe__in=event.closed)
    for bot_id, timeframe in bots.order_by("pk").values_list("pk", "version__timeframe"):
        due.setdefault(timeframe, []).append(bot_id)
    decided = {bot_id for ids in due.values() for bot_id in ids}
    overdue = [bot_id for bot_id in _held_too_long(event) if bot_id not in decided]
    if overdue:
        due[HOLD_CHECK] = overdue
    if due:
        partition_ensure(datetime.fromtimestamp(event.time, UTC).date())
    for timeframe, bot_ids in due.items():
        for part, start in enumerate(range(0, len(bot_ids), BATCH_SIZE)):
            batch = EvaluationBatch.objects.create(
                session=event.session, product=event.product, timeframe=timeframe, position=event.position,
                time=event.time, part=part, bot_ids=bot_ids[start : start + BATCH_SIZE],
            )  # fmt: skip
            nudge("bots_evaluate", batch.pk, queue="evaluations")


def _held_too_long(event: MarketEvent) -> list[int]:
    """Bots whose position has reached its longest hold, in key order."""
    now = datetime.fromtimestamp(event.time, UTC)
    positions = Position.objects.filter(product=event.product, closed=None, hold__gt=0, holder__startswith="bot-")
    ids = [
        int(position.holder.removeprefix("bot-"))
        for position in positions
        if position.opened + timedelta(seconds=position.hold) <= now
    ]
    return list(Bot.objects.filter(pk__in=ids, state__in=ACTIVE).order_by("pk").values_list("pk", flat=True))


def batch_claim(batch_id: int) -> EvaluationBatch | None:
    """Takes a batch that waits or whose worker's lease ran out; None when another has it."""
    now = timezone.now()
    claim = uuid4()
    free = Q(state=EvaluationBatch.State.WAITING) | Q(state=EvaluationBatch.State.CLAIMED, lease_until__lt=now)
    taken = EvaluationBatch.objects.filter(free, pk=batch_id).update(
        state=EvaluationBatch.State.CLAIMED, claim=claim, lease_until=now + timedelta(seconds=settings.BATCH_LEASE)
    )
    if not taken:
        return None
    return EvaluationBatch.objects.select_related("session", "product__feed").get(pk=batch_id)


def batch_hold(batch_id: int, claim: UUID | None) -> bool:
    """Inside a transaction: whether the claim still stands; keeps it from being taken over until the commit."""
    mine = EvaluationBatch.objects.select_for_update().filter(pk=batch_id, claim=claim)
    return mine.exclude(state=EvaluationBatch.State.DONE).exists()


def batch_finish(batch: EvaluationBatch) -> None:
    EvaluationBatch.objects.filter(pk=batch.pk, claim=batch.claim).update(
        state=EvaluationBatch.State.DONE, finished=timezone.now(), lease_until=None
    )


def batches_settled(product: Product, position: int) -> bool:
    """Whether every decision on the product's bars up to the position is made."""
    waiting = EvaluationBatch.objects.filter(product=product, position__lte=position)
    return not waiting.exclude(state=EvaluationBatch.State.DONE).exists()


def batches_sweep() -> None:
    """Nudges batches that nobody works at, oldest first: a bot takes its bars in order."""
    now = timezone.now()
    free = Q(state=EvaluationBatch.State.WAITING, created__lt=now - QUIET) | Q(
        state=EvaluationBatch.State.CLAIMED, lease_until__lt=now
    )
    for batch_id in EvaluationBatch.objects.filter(free).order_by("position", "pk").values_list("pk", flat=True)[:100]:
        nudge("bots_evaluate", batch_id, queue="evaluations")


