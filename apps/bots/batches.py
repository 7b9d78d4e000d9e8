"""Evaluation batches: rows that say which bots must decide on which closed bar."""

from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.bots.models import Bot, EvaluationBatch
from apps.bots.partitions import partition_ensure
from apps.ledger.models import Position
from apps.markets.models import Product
from apps.markets.registry import MarketEvent
from apps.operations.nudges import nudge
from engine.hold import hold_is_over
from engine.kinds import EventKind

BATCH_SIZE = 200
HOLD_CHECK = 0  # timeframe of a batch that only ends positions held for long enough
ACTIVE = [Bot.State.RUNNING, Bot.State.PAUSED]
QUIET = timedelta(seconds=0.7)


def batches_open(event: MarketEvent) -> None:
    """Commits the work that a closed bar causes, in the event's own transaction."""
    if event.kind == EventKind.OPEN:
        return
    due = _due(event)
    if due:
        partition_ensure(datetime.fromtimestamp(event.time, UTC).date())
    for timeframe, bots in sorted(due.items()):
        for part, bot_ids in enumerate(_parts(bots)):
            batch = EvaluationBatch.objects.create(
                session=event.session, product=event.product, timeframe=timeframe, position=event.position,
                time=event.time, part=part, bot_ids=bot_ids,
            )  # fmt: skip
            nudge("bots_evaluate", batch.pk, queue="evaluations")


def _due(event: MarketEvent) -> dict[int, list[tuple[int, int]]]:
    """Bots that decide at the event (engine.decide.due) by timeframe, as (account, bot) in order."""
    closing, overdue = Q(version__timeframe__in=event.closed), _overdue(event)
    bots = Bot.objects.filter(closing | Q(pk__in=overdue), product=event.product, state__in=ACTIVE)
    due: dict[int, list[tuple[int, int]]] = {}
    rows = bots.order_by("account", "pk").values_list("account", "pk", "version__timeframe")
    for account_id, bot_id, timeframe in rows:
        due.setdefault(timeframe if timeframe in event.closed else HOLD_CHECK, []).append((account_id, bot_id))
    return due


def _overdue(event: MarketEvent) -> list[int]:
    """Bots that have held a position for its longest time."""
    positions = Position.objects.filter(product=event.product, closed=None, hold__gt=0, holder__startswith="bot-")
    return [
        int(position.holder.removeprefix("bot-"))
        for position in positions
        if hold_is_over(position.hold, int(position.opened.timestamp()), event.time)
    ]


def _parts(bots: list[tuple[int, int]]) -> list[list[int]]:
    """Bot ids in parts of at most BATCH_SIZE that never divide an account: its bots decide one after the other."""
    parts: list[list[int]] = [[]]
    for _, each in groupby(bots, key=itemgetter(0)):
        ids = [bot_id for _, bot_id in each]
        if parts[-1] and len(parts[-1]) + len(ids) > BATCH_SIZE:
            parts.append([])
        parts[-1] += ids
    return parts


def batch_must_wait(batch_id: int) -> bool:
    """Whether a bot of the batch, or one of the same account, still has an earlier bar or a shorter timeframe of this
    bar to be decided on. Batches never come to stand before one that exists, so the answer 'no' stays true."""
    batch = EvaluationBatch.objects.get(pk=batch_id)
    before = Q(position__lt=batch.position) | Q(position=batch.position, timeframe__lt=batch.timeframe)
    earlier = EvaluationBatch.objects.filter(before, product=batch.product).exclude(state=EvaluationBatch.State.DONE)
    bot_ids = [bot_id for ids in earlier.values_list("bot_ids", flat=True) for bot_id in ids]
    if not bot_ids:
        return False
    accounts = Bot.objects.filter(pk__in=batch.bot_ids).values("account")
    return Bot.objects.filter(pk__in=bot_ids, account__in=accounts).exists()


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
    return EvaluationBatch.objects.select_related("session", "product__feed__session").get(pk=batch_id)


def batch_hold(batch_id: int, claim: UUID | None) -> bool:
    """Inside a transaction: whether the claim still stands; keeps it from being taken over until the commit."""
    mine = EvaluationBatch.objects.select_for_update().filter(pk=batch_id, claim=claim)
    return mine.exclude(state=EvaluationBatch.State.DONE).exists()


def batch_finish(batch: EvaluationBatch) -> None:
    EvaluationBatch.objects.filter(pk=batch.pk, claim=batch.claim).update(
        state=EvaluationBatch.State.DONE, finished=timezone.now(), lease_until=None
    )
    waiting = EvaluationBatch.objects.filter(product=batch.product, state=EvaluationBatch.State.WAITING)
    for batch_id in _in_order(waiting):  # one of them may have waited for this
        nudge("bots_evaluate", batch_id, queue="evaluations")


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
    for batch_id in _in_order(EvaluationBatch.objects.filter(free)):
        nudge("bots_evaluate", batch_id, queue="evaluations")


def _in_order(batches: QuerySet[EvaluationBatch]) -> QuerySet[EvaluationBatch, int]:
    """Keys of the first hundred, in the order in which they must be worked off."""
    return batches.order_by("position", "timeframe", "part").values_list("pk", flat=True)[:100]
