"""The queue of backtests: rows that wait, each worked at by one worker at a time.

A claim is a lease with a fencing token: whoever lost it (cancelled, deleted, taken over after the lease ran out)
writes nothing more.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.backtests.models import Backtest, BacktestResult
from apps.backtests.states import OPEN, Stage, State, sources_of
from apps.operations.hints import hint, toast
from apps.operations.nudges import nudge

MOST_ATTEMPTS = 3  # of workers that die over it
QUIET = timedelta(seconds=2)  # what waits for longer was not heard
QUEUE = "backtests"
TIME_LIMIT = 600  # seconds a run may take


class Lost(Exception):
    """The claim no longer stands: cancelled, deleted or taken over. Nothing was written."""


def call_worker() -> None:
    """After the commit, has a worker take the oldest backtest that waits."""
    nudge("backtests_work", queue=QUEUE)


def move(backtest: Backtest, target: State, *, held: UUID | None = None, **fields: Any) -> bool:
    """The one way a backtest changes its state. False when none leads there from where it is, or, with ``held``, when
    that claim no longer stands."""
    rows = Backtest.objects.filter(pk=backtest.pk, state__in=sources_of(target))
    if held:
        rows = rows.filter(claim=held)
    if target != State.RUNNING:
        fields |= {"claim": None, "lease_until": None}
    if target not in OPEN:
        fields["finished"] = timezone.now()
    moved = bool(rows.update(state=target, **fields))
    if moved:
        tell(backtest)
        for user_id in set(Backtest.objects.filter(state=State.PENDING).values_list("user", flat=True)):
            hint(user_id, "backtests")  # whoever waits has moved up
    return moved


def tell(backtest: Backtest) -> None:
    """Open pages refetch what shows the backtest."""
    hint(backtest.user_id, "backtests", backtest.key)


def claim_next() -> Backtest | None:
    """Takes the oldest backtest that waits or whose worker's lease ran out; None when there is none."""
    give_up_hopeless()
    with transaction.atomic():
        waiting = Backtest.objects.filter(_free()).order_by("created")
        backtest = waiting.select_for_update(skip_locked=True).first()
        if backtest is None:
            return None
        move(
            backtest, State.RUNNING, claim=uuid4(), lease_until=_lease(), attempts=backtest.attempts + 1,
            stage=Stage.LOAD, bars=0, bars_done=0, rate=None, started=timezone.now(),
        )  # fmt: skip
    return Backtest.objects.get(pk=backtest.pk)


def report_progress(backtest: Backtest, **fields: Any) -> None:
    """Writes progress and renews the lease. Raises Lost."""
    mine = Backtest.objects.filter(pk=backtest.pk, claim=backtest.claim, state=State.RUNNING)
    if not mine.update(lease_until=_lease(), **fields):
        raise Lost
    tell(backtest)


def finish(backtest: Backtest, result: BacktestResult) -> None:
    """Stores the result and ends the backtest, together. Raises Lost."""
    with transaction.atomic():
        if not move(backtest, State.DONE, held=backtest.claim):
            raise Lost
        result.save(force_insert=True)
        toast(backtest.user_id, f"The backtest {backtest.name} is done.", "good")


def fail(backtest: Backtest, why: str) -> None:
    if move(backtest, State.FAILED, held=backtest.claim, error=why[:300]):
        toast(backtest.user_id, f"The backtest {backtest.name} failed: {why[:200]}", "bad")


def release(backtest: Backtest) -> None:
    """Puts it back because its worker ends; that is no attempt that failed."""
    move(backtest, State.PENDING, held=backtest.claim, stage="", attempts=backtest.attempts - 1, started=None)


def give_up_hopeless() -> None:
    """Fails what several workers have died over."""
    for backtest in Backtest.objects.filter(_abandoned(), attempts__gte=MOST_ATTEMPTS):
        fail(backtest, f"{MOST_ATTEMPTS} workers ended in the middle of it; a shorter range may help")


def sweep() -> None:
    """Calls a worker when something waits that nobody works at."""
    give_up_hopeless()
    if Backtest.objects.filter(_free(), Q(created__lt=timezone.now() - QUIET)).exists():
        call_worker()


def position(backtest: Backtest) -> int:
    """How many run or wait before it."""
    return Backtest.objects.filter(state__in=OPEN, created__lt=backtest.created).count()


def _free() -> Q:
    return Q(state=State.PENDING) | _abandoned()


def _abandoned() -> Q:
    return Q(state=State.RUNNING, lease_until__lt=timezone.now())


def _lease() -> Any:
    return timezone.now() + timedelta(seconds=settings.BACKTEST_LEASE)
