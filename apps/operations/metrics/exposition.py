"""The figures as Prometheus reads them."""

from collections.abc import Callable, Iterable, Iterator

from django.db.models import QuerySet
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from apps.operations.health.checks import Status, examine
from apps.operations.metrics.counting import Counted, counted
from apps.operations.models import Counter
from apps.operations.queues import depths, waiting

gauges: list[Callable[[], Iterable[Metric]]] = []  # of the apps above, filled in tradingsite/wiring.py


def gauge(name: str, help: str, rows: Iterable[tuple[dict[str, str], float | None]]) -> GaugeMetricFamily:
    """A gauge of labelled values. A value that is unknown is left out: it is not zero."""
    rows = list(rows)
    names = list(rows[0][0]) if rows else []
    family = GaugeMetricFamily(name, help, labels=names)
    for labels, value in rows:
        if value is not None:
            family.add_metric([labels[name] for name in names], value)
    return family


class Platform(Collector):
    """Reads the rows at each scrape."""

    def describe(self) -> Iterable[Metric]:
        return []  # what there is depends on the database, which need not answer at start

    def collect(self) -> Iterator[Metric]:
        health = examine()
        yield gauge(
            "tradingsite_check_ok",
            "1 = the check passes; see /health/ready/",
            [({"check": check.name}, float(check.status is Status.OK)) for check in health.checks],
        )
        yield gauge(
            "tradingsite_queue_messages",
            "messages that wait in the broker",
            [({"queue": name}, depth) for name, depth in depths().items()],
        )
        yield gauge(
            "tradingsite_waiting_seconds",
            "age of the oldest row that waits to be worked on, 0 = none",
            [({"work": name}, age()) for name, age in waiting.items()],
        )
        totals = Counter.objects.order_by("metric", "pk")
        for counter in counted:
            yield _counter(counter, totals.filter(metric=counter.name))
        for read in gauges:
            yield from read()


def _counter(counter: Counted, totals: QuerySet[Counter]) -> CounterMetricFamily:
    rows = list(totals)
    names = list(rows[0].labels) if rows else []
    family = CounterMetricFamily(counter.name, counter.help, labels=names)
    for row in rows:
        family.add_metric([row.labels[name] for name in names], row.value)
    return family
