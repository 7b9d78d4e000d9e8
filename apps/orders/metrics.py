"""Orders in figures."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, Min, Q
from django.utils import timezone
from prometheus_client.core import Metric

from apps.operations.metrics.counting import Counted
from apps.operations.metrics.exposition import gauge
from apps.operations.metrics.latencies import NEWEST, quantiles
from apps.orders.models import Fill, Order, OrderEvent
from engine.orders.states import TERMINAL, WORKING, OrderState


def state_label(row: Mapping[str, Any]) -> dict[str, str]:
    return {"state": row["to_state"]}


def side_label(row: Mapping[str, Any]) -> dict[str, str]:
    return {"side": row["order__side"], "liquidity": "maker" if row["maker"] else "taker"}


ENDED = Counted(
    name="tradingsite_orders_total",
    help="orders by the state they ended in; refusals are 'denied' (by us) and 'rejected' (by the exchange)",
    model=OrderEvent,
    created="at",
    by=("to_state",),
    labels=state_label,
    where=Q(to_state__in=[state.value for state in TERMINAL]),
)
FILLS = Counted(
    name="tradingsite_fills_total",
    help="fills by side and liquidity",
    model=Fill,
    created="created",
    by=("order__side", "maker"),
    labels=side_label,
)


def oldest_order() -> float:
    """Seconds for which the oldest unsent or unclear order has waited; 0 = none waits."""
    unclear = [OrderState.PENDING, OrderState.SUBMITTING, OrderState.CANCELLING, OrderState.UNKNOWN]
    created = Order.objects.filter(state__in=unclear).aggregate(oldest=Min("created"))["oldest"]
    return (timezone.now() - created).total_seconds() if created else 0.0


def order_gauges() -> Iterable[Metric]:
    states = dict.fromkeys((state.value for state in WORKING), 0)
    working = Order.objects.filter(state__in=WORKING).order_by()
    states.update(working.values_list("state").annotate(Count("pk")))
    yield gauge("tradingsite_orders_working", "working orders by state", [({"state": s}, n) for s, n in states.items()])
    newest = Order.objects.exclude(submitted=None).order_by("-pk")[:NEWEST].values_list("created", "submitted")
    yield gauge(
        "tradingsite_submit_seconds",
        f"order committed to order sent, quantiles of the newest {NEWEST} sent orders",
        quantiles((submitted - created).total_seconds() for created, submitted in newest if submitted),
    )
