"""Reading what the exchange did: fills first, then states. Start-up, reconnect, recovery and daily life are this path."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount
from apps.orders import registry
from apps.orders.changes import fill_apply, order_move, report_apply
from apps.orders.models import ExchangeCursor, Order
from engine.orders.states import OrderState
from exchanges.port import Exchange, FillReport, OrderReport, Unavailable, Unknown

AT_EXCHANGE = [OrderState.OPEN, OrderState.CANCELLING]
LATE = [OrderState.SUBMITTING, OrderState.UNKNOWN]
QUERIES = 3  # look-ups at least before 'not found'


def synchronise(account: TradingAccount) -> bool:
    """Posts every fill the exchange reports and takes over its order states. True when anything changed."""
    _recover(account)
    working = list(Order.objects.filter(account=account, state__in=AT_EXCHANGE).values_list("client_order_id", flat=True))
    if not working:
        return False
    cursor, _ = ExchangeCursor.objects.get_or_create(account=account)
    exchange = registry.exchange_for(account)
    try:
        position = exchange.catch_up()
        fills = exchange.fills_since(cursor.fills)
        touched = {*working, *(fill.client_order_id for fill in fills)}
        reports = exchange.reports(sorted(touched))
    except (Unavailable, Unknown):
        return False
    return _take_over(account.pk, fills, reports, position)


@transaction.atomic
def _take_over(
    account_id: int, fills: Sequence[FillReport], reports: Sequence[OrderReport], position: int
) -> bool:
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
            changed |= fill_apply(account, orders[fill.client_order_id], fill) is not None
            cursor.fills = fill.cursor
    for report in reports:
        order = orders[report.client_order_id]
        before = order.state
        report_apply(account, order, report)
        changed |= order.state != before
    cursor.caught_up = max(cursor.caught_up, position)
    cursor.save(update_fields=["fills", "caught_up"])
    return changed


def _recover(account: TradingAccount) -> None:
    """Looks up orders whose sender died or whose outcome is unknown."""
    lost = Order.objects.filter(account=account, state__in=LATE).exclude(
        state=OrderState.SUBMITTING, lease_until__gte=timezone.now()
    )
    for order in lost.order_by("pk"):
        exchange = registry.exchange_for(account)
        try:
            found = exchange.reports([order.client_order_id])
        except (Unavailable, Unknown):
            continue
        _resolve(order.pk, account.pk, found[0] if found else None, exchange)


@transaction.atomic
def _resolve(order_id: int, account_id: int, report: OrderReport | None, exchange: Exchange) -> None:
    account = lock_account(account_id)
    order = Order.objects.select_related("product").get(pk=order_id)
    if order.state not in LATE or (order.state == OrderState.SUBMITTING and order.lease_until >= timezone.now()):
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


def _ask_again(account: TradingAccount, order: Order) -> None:
    """After repeated look-ups over the grace time an unknown order counts as not found."""
    order.queries += 1
    order.save(update_fields=["queries"])
    waited = timezone.now() - (order.submitted or order.created)
    if order.queries >= QUERIES and waited > timedelta(seconds=settings.NOT_FOUND_GRACE):
        order_move(account, order, OrderState.NOT_FOUND, "not found", "the exchange does not know this order")
