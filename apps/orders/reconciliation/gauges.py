"""Reconciliation in figures."""

from collections.abc import Iterable

from django.db.models import Count, F
from django.db.models.functions import Coalesce
from django.utils import timezone
from prometheus_client.core import Metric

from apps.operations.metrics.exposition import gauge
from apps.orders.polling import live_accounts
from apps.orders.reconciliation.models import Difference, Kind


def difference_gauges() -> Iterable[Metric]:
    """For /metrics: what does not go away by itself and waits for a person, and how old the oldest comparison is."""
    counts = dict.fromkeys(Kind.values, 0)
    waiting = Difference.objects.filter(resolved=None, confirmed__isnull=False).exclude(how=Difference.How.IGNORED)
    counts.update(waiting.order_by().values_list("kind").annotate(Count("pk")))
    yield gauge(
        "tradingsite_differences",
        "open differences between ledger and exchange that somebody must decide on, by kind",
        [({"kind": kind}, count) for kind, count in counts.items()],
    )
    at = live_accounts().annotate(at=Coalesce(F("reconciled__at"), F("created"))).order_by("at")
    oldest = at.values_list("at", flat=True).first()
    age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    yield gauge(
        "tradingsite_reconciliation_age_seconds",
        "since the live account that was longest not held against its exchange was so",
        [({}, age)],
    )
