"""Halts in figures."""

from collections.abc import Iterable

from django.db.models import Count
from prometheus_client.core import Metric

from apps.operations.metrics.exposition import gauge
from apps.risk.models import Halt


def halt_gauges() -> Iterable[Metric]:
    scopes = dict.fromkeys(Halt.Scope.values, 0)
    scopes.update(Halt.objects.filter(released_at=None).order_by().values_list("scope").annotate(Count("pk")))
    yield gauge("tradingsite_halts", "kill switches in force, by scope", [({"scope": s}, n) for s, n in scopes.items()])
