"""Counters that only grow, carried on from row to row by a sweep: a scrape reads a few totals, never a long table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Count, F, Max
from django.utils import timezone

from apps.operations.models import Counter, CounterCursor

SETTLED = timedelta(seconds=5)  # a row committed later than its younger neighbours is older than this when counted
MOST = 50_000  # rows a sweep


@dataclass(frozen=True)
class Counted:
    """A counter of the rows of an append-only model with ``id`` and a creation time.

    ``by``: the fields whose values tell rows apart; ``labels`` turns them into Prometheus labels.
    """

    name: str  # ends in '_total'
    help: str
    model: type[models.Model]
    created: str
    by: tuple[str, ...]
    labels: Callable[[Mapping[str, Any]], dict[str, str]]
    where: models.Q = field(default_factory=models.Q)


counted: list[Counted] = []  # filled in tradingsite/wiring.py


def counters_sweep() -> None:
    """Counts the rows that have come since the last sweep. Where nothing has come, one look at each table is all."""
    reached = dict(CounterCursor.objects.values_list("metric", "last"))
    newest = {model: _newest(model) for model in {counter.model for counter in counted}}
    for counter in counted:
        if newest[counter.model] > reached.get(counter.name, -1):
            _carry_on(counter)


def _newest(model: type[models.Model]) -> int:
    return model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0


@transaction.atomic
def _carry_on(counter: Counted) -> None:
    CounterCursor.objects.get_or_create(metric=counter.name)
    cursor = CounterCursor.objects.select_for_update().get(metric=counter.name)
    rows = counter.model._default_manager.filter(pk__gt=cursor.last, pk__lte=cursor.last + MOST)
    newest = _newest(counter.model)
    last = rows.filter(**{f"{counter.created}__lt": timezone.now() - SETTLED}).aggregate(last=Max("pk"))["last"]
    if last is None:
        if newest > cursor.last + MOST:  # a gap in the keys that is wider than one sweep
            CounterCursor.objects.filter(pk=cursor.pk).update(last=cursor.last + MOST)
        return
    found = rows.filter(counter.where, pk__lte=last).order_by().values(*counter.by).annotate(rows=Count("pk"))
    for row in found:
        labels = counter.labels(row)
        known, _ = Counter.objects.get_or_create(metric=counter.name, labels=labels)
        Counter.objects.filter(pk=known.pk).update(value=F("value") + row["rows"])
    CounterCursor.objects.filter(pk=cursor.pk).update(last=last)
