"""Reading what the exchange did: fills first, then states. Start-up, recovery and daily life are this one path."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount
from apps.orders import registry
from apps.orders.changes import fill_apply, order_move, report_apply, report_is_news
from apps.orders.events import event_add
from apps.orders.models import ExchangeCursor, Order
from engine.orders.states import OrderState
from exchanges.port import Exchange, FillReport, OrderReport, Unavailable, Unknown

logger = logging.getLogger(__name__)

AT_EXCHANGE = [OrderState.OPEN, OrderState.CANCELLING, OrderState.NOT_FOUND]  # the last may turn up after all
LATE = [OrderState.SUBMITTING, OrderState.UNKNOWN]
QUERIES = 3  # look-ups at least before 'not found'


def synchronise(account: TradingAccount) -> bool:
    """Posts every fill the exchange reports and takes over its order states. True when anything changed.

    Fills are asked for also when no order is open: one may come late for an order that counts as over.
    """
    cursor, _ = ExchangeCursor.objects.get_or_create(account=account)  # before the orders: they show its fills
    known = _known(account)
    if _recover(account, [order for order in known.values() if order.state in LATE]):
        known = _known(account)
    working = [key for key, order in known.items() if order.state in AT_EXCHANGE]
    exchange = registry.exchange_for(account)
    try:
        position = exchange.catch_up()
        fills = exchange.fills_since(cursor.fills)
        touched = {*working, *(fill.client_order_id for fill in fills)}
        if not touched:
            return False
        reports = exchange.reports(sorted(touched))
    except (Unavailable, Unknown):
        return False
    if not fills and not any(report_is_news(known[report.client_order_id], report) for report in reports):
        # As of ``position`` every fill was posted when the cursor was read: no lock is needed to say so.
        ExchangeCursor.objects.filter(pk=cursor.pk, caught_up__lt=position).update(caught_up=position)
        return False
    return _take_over(account.pk, fills, reports, position)


def _known(account: TradingAccount) -> dict[UUID, Order]:
    """Orders of which the exchange may have news."""
    orders = Order.objects.filter(account=account, state__in=[*AT_EXCHANGE, *LATE]).order_by("pk")
    return {order.client_order_id: order for order in orders}


@transaction.atomic
def _take_over(account_id: int, fills: Sequence[FillReport], reports: Sequence[OrderReport], position: int) -> bool:
    account = lock_account(account_id)
    cursor = ExchangeCursor.objects.select_for_update().get(account=account)
    keys = {report.client_order_id for report in reports} | {fill.client_order_id for fill in fills}
    orders = {
        order.client_order_id: order
        for order in Order.objects.filter(account=account, client_order_id__in=keys).select_related("product")
    }
    changed = False
    for fill in fills:
        if fill.cursor > cursor.fills:
            changed |= _fill_take(account, orders.get(fill.client_order_id), fill)
            cursor.fills = fill.cursor
    for report in reports:
        order = orders.get(report.client_order_id)
        if order is None:
            continue
        before = order.state
        report_apply(account, order, report)
        changed |= order.state != before
    cursor.caught_up = max(cursor.caught_up, position)
    cursor.save(update_fields=["fills", "caught_up"])
    return changed


def _fill_take(account: TradingAccount, order: Order | None, fill: FillReport) -> bool:
    """Posts a fill of an order of ours. True when it was new."""
    if order is None:
        logger.error("account %s: fill %s belongs to no order of ours and was not posted", account.pk, fill.trade_id)
        return False
    if order.generation != account.generation:
        # The money it moved was taken out by the reset.
        event_add(account, order, "fill after reset", price=str(fill.price), quantity=str(fill.quantity))
        order.save(update_fields=["seq"])
        return False
    return fill_apply(account, order, fill) is not None


def _recover(account: TradingAccount, late: Sequence[Order]) -> bool:
    """Looks up orders whose sender died or whose outcome is unknown. True when there were any."""
    lost = [order for order in late if order.state != OrderState.SUBMITTING or not _is_leased(order)]
    exchange = registry.exchange_for(account)
    for order in lost:
        try:
            found = exchange.reports([order.client_order_id])
        except (Unavailable, Unknown):
            continue
        _resolve(order.pk, account.pk, found[0] if found else None, exchange)
    return bool(lost)


@transaction.atomic
def _resolve(order_id: int, account_id: int, report: OrderReport | None, exchange: Exchange) -> None:
    account = lock_account(account_id)
    order = Order.objects.select_related("product").get(pk=order_id)
    if order.state not in LATE or (order.state == OrderState.SUBMITTING and _is_leased(order)):
        return
    if report is not None:
        # Shown as open first, so that its fills and its end come the ordinary way.
        order_move(account, order, OrderState.OPEN, "found at the exchange")
    elif order.state == OrderState.SUBMITTING and exchange.not_found_is_final:
        order_move(account, order, OrderState.PENDING, "never arrived")
    elif order.state == OrderState.SUBMITTING:
        order_move(account, order, OrderState.UNKNOWN, "outcome unknown", "the sender died while sending")
    else:
        _ask_again(account, order)


def _is_leased(order: Order) -> bool:
    return order.lease_until is not None and order.lease_until >= timezone.now()


def _ask_again(account: TradingAccount, order: Order) -> None:
    """After repeated look-ups over the grace time an unknown order counts as not found."""
    order.queries += 1
    order.save(update_fields=["queries"])
    waited = timezone.now() - (order.submitted or order.created)
    if order.queries >= QUERIES and waited > timedelta(seconds=settings.NOT_FOUND_GRACE):
        order_move(account, order, OrderState.NOT_FOUND, "not found", "the exchange does not know this order")
