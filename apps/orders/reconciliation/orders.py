"""Orders here against orders there."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from apps.accounts.models import TradingAccount
from apps.orders.models import Order
from apps.orders.reconciliation.differences import Finding
from apps.orders.reconciliation.look import THERE, Look
from apps.orders.reconciliation.models import Kind
from engine.orders.states import TERMINAL, OrderState
from exchanges.port import OrderReport


def order_findings(account: TradingAccount, seen: Look) -> Iterator[Finding]:
    """Where the orders of the locked account differ from what was seen, after everything there was posted."""
    orders = known_orders(account, [*seen.ours])
    for report in seen.working:
        if report.client_order_id not in orders:
            yield _external(report)
    for order in _expected(account):
        if order.client_order_id not in seen.ours:
            yield _lost(order)
    for key, report in seen.ours.items():
        if key in orders and report.filled > orders[key].filled:
            yield _misfilled(orders[key], report)
    for order in revived(account, seen):
        yield _revived(order, seen.ours[order.client_order_id])


def known_orders(account: TradingAccount, keys: Sequence[UUID]) -> dict[UUID, Order]:
    orders = Order.objects.filter(account=account, client_order_id__in=keys).select_related("product")
    return {order.client_order_id: order for order in orders}


def revived(account: TradingAccount, seen: Look) -> list[Order]:
    """Orders that are over here and work there, for longer than the exchange's lists lag behind."""
    keys = [report.client_order_id for report in seen.working if report.client_order_id]
    before = timezone.now() - grace()
    over = Order.objects.filter(account=account, client_order_id__in=keys, state__in=TERMINAL, finished__lt=before)
    return list(over.select_related("product").order_by("pk"))


def grace() -> timedelta:
    """For so long the exchange may not know yet what it has done."""
    return timedelta(seconds=settings.NOT_FOUND_GRACE)


def behind(account: TradingAccount, seen: Look) -> bool:
    """Whether an order has more fills at the exchange than were read."""
    orders = known_orders(account, [*seen.ours])
    return any(report.filled > orders[key].filled for key, report in seen.ours.items() if key in orders)


def _expected(account: TradingAccount) -> list[Order]:
    since = timezone.now() - grace()
    states = [*THERE, OrderState.NOT_FOUND]
    orders = Order.objects.filter(account=account, state__in=states, created__lt=since)
    return list(orders.select_related("product").order_by("pk"))


def _external(report: OrderReport) -> Finding:
    return Finding(
        Kind.EXTERNAL_ORDER, f"order {report.exchange_order_id}", "no such order", _words(report),
        detail={"exchange_order_id": report.exchange_order_id, "symbol": report.symbol, "side": report.side},
    )  # fmt: skip


def _lost(order: Order) -> Finding:
    ours = f"{order.get_state_display().lower()}: {order}"
    return Finding(Kind.UNKNOWN_OUTCOME, f"order #{order.pk}", ours, "no such order", order.pk, patience=grace())


def _misfilled(order: Order, report: OrderReport) -> Finding:
    ours, theirs = f"{order.filled.normalize():f} filled", f"{report.filled.normalize():f} filled"
    gap = f"{(report.filled - order.filled).normalize():f}"
    return Finding(Kind.MISSED_FILL, f"order #{order.pk}", ours, theirs, order.pk, detail={"gap": gap})


def _revived(order: Order, report: OrderReport) -> Finding:
    return Finding(
        Kind.UNKNOWN_OUTCOME, f"order #{order.pk}", f"{order.get_state_display().lower()}: {order}", _words(report),
        order.pk,
    )  # fmt: skip


def _words(report: OrderReport) -> str:
    quantity = f"{(report.quantity or Decimal(0)).normalize():f}"
    price = report.limit_price or report.stop_price
    at = f" at {price.normalize():f}" if price else ""
    return f"{report.side} {quantity} {report.symbol}{at}, {report.state.value}".strip()
