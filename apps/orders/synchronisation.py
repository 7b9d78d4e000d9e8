"""Reading what the exchange did: fills first, then states. Start-up, recovery and daily life are this one path."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount
from apps.orders import registry
from apps.orders.changes import fill_apply, order_move, report_apply, report_is_news
from apps.orders.cursors import cursors_advance
from apps.orders.events import event_add
from apps.orders.freshness import not_read, was_read
from apps.orders.groups.waiting import groups_due
from apps.orders.models import Difference, ExchangeCursor, Fill, Order, ProductCursor
from apps.orders.reconciliation.differences import breaker_set
from apps.orders.reconciliation.foreign import correction_found, correction_name, foreign_found
from apps.orders.reconciliation.models import Kind
from engine.orders.states import OrderState
from exchanges.port import Exchange, FillReport, OrderReport, Unavailable, Unknown

AT_EXCHANGE = [OrderState.OPEN, OrderState.CANCELLING, OrderState.NOT_FOUND]  # the last may turn up after all
LATE = [OrderState.SUBMITTING, OrderState.UNKNOWN]
AT_ONCE = 200  # fills, or reports, of one transaction
QUERIES = 3  # look-ups at least before 'not found'


def synchronise(account: TradingAccount) -> bool:
    """Posts every fill the exchange reports and takes over its order states. True when anything changed.

    Fills are asked for also when no order is open: one may come late for an order that counts as over.
    """
    cursor, _ = ExchangeCursor.objects.get_or_create(account=account)  # before the orders: they show its fills
    known, read = _known(account)
    if _recover(account, [order for order in known.values() if order.state in LATE]):
        known, read = _known(account)
    working = {key: order for key, order in known.items() if order.state in AT_EXCHANGE}
    exchange = registry.exchange_for(account)
    try:
        positions = exchange.catch_up()
        fills = _unposted(account, cursor, exchange.fills_since(cursor.fills))
        ours = {fill.client_order_id for fill in fills if fill.client_order_id}
        touched = {*working, *ours}
        reports = exchange.reports(sorted(touched)) if touched else []
    except (Unavailable, Unknown) as error:
        not_read(account, error)
        return False
    was_read(account)
    if not touched:
        return False
    reached = {order.product_id: positions.get(order.product.symbol, 0) for order in working.values()}
    further = {product_id: to for product_id, to in reached.items() if to > read.get(product_id, -1)}
    news = fills or any(
        report_is_news(known[report.client_order_id], report) for report in reports if report.client_order_id in known
    )
    if not news and further.keys() <= read.keys():
        # Up to here every fill was posted when the cursor was read: no lock is needed to say so.
        cursors_advance(account, further)
        return False
    return take_over(account.pk, fills, reports, further)


def _unposted(account: TradingAccount, cursor: ExchangeCursor, fills: list[FillReport]) -> list[FillReport]:
    """Leaves out what lies before the cursor and is posted: an exchange may report some of that again."""
    fills = [fill for fill in fills if not fill.correction or _is_new(account, fill)]
    again = [fill.trade_id for fill in fills if fill.cursor <= cursor.fills]
    if not again:
        return fills
    trades = Fill.objects.filter(account=account, trade_id__in=again)
    posted = set(trades.values_list("order__client_order_id", "trade_id"))
    return [fill for fill in fills if fill.cursor > cursor.fills or (fill.client_order_id, fill.trade_id) not in posted]


def _is_new(account: TradingAccount, fill: FillReport) -> bool:
    return not Difference.objects.filter(account=account, kind=Kind.CORRECTION, subject=correction_name(fill)).exists()


def _known(account: TradingAccount) -> tuple[dict[UUID, Order], dict[int, int]]:
    """Orders of which the exchange may have news, and how far their products were read, by product id."""
    cursors = ProductCursor.objects.filter(account=OuterRef("account"), product=OuterRef("product"))
    orders = Order.objects.filter(account=account, state__in=[*AT_EXCHANGE, *LATE]).select_related("product")
    rows = list(orders.annotate(read=Subquery(cursors.values("caught_up"))).order_by("pk"))
    return (
        {order.client_order_id: order for order in rows},
        {order.product_id: order.read for order in rows if order.read is not None},
    )


def take_over(
    account_id: int, fills: Sequence[FillReport], reports: Sequence[OrderReport], reached: Mapping[int, int]
) -> bool:
    """Posts the fills that are new, oldest first, and takes over what the reports show. True when anything changed.

    ``reached``: how far each product's market was read, by product id. It is one transaction, unless there is so much
    that nobody else would get the account for minutes: then each part is one, the reports after the last fill.
    """
    changed = False
    while len(fills) > AT_ONCE:
        changed |= _take_over(account_id, fills[:AT_ONCE], (), {})
        fills = fills[AT_ONCE:]
    while len(reports) > AT_ONCE:
        changed |= _take_over(account_id, fills, reports[:AT_ONCE], {})
        fills, reports = (), reports[AT_ONCE:]
    return _take_over(account_id, fills, reports, reached) or changed


@transaction.atomic
def _take_over(
    account_id: int, fills: Sequence[FillReport], reports: Sequence[OrderReport], reached: Mapping[int, int]
) -> bool:
    account = lock_account(account_id)
    cursor = ExchangeCursor.objects.get(account=account)
    keys = {fill.client_order_id for fill in fills if fill.client_order_id}
    keys |= {report.client_order_id for report in reports if report.client_order_id}
    orders = {
        order.client_order_id: order
        for order in Order.objects.filter(account=account, client_order_id__in=keys).select_related("product")
    }
    changed = False
    for fill in fills:
        order = orders.get(fill.client_order_id) if fill.client_order_id else None
        changed |= _fill_take(account, order, fill, again=fill.cursor <= cursor.fills)
        cursor.fills = max(cursor.fills, fill.cursor)
    for report in reports:
        order = orders.get(report.client_order_id) if report.client_order_id else None
        if order is None:
            continue
        before = order.state
        report_apply(account, order, report)
        changed |= order.state != before
    cursor.save(update_fields=["fills"])
    cursors_advance(account, reached)
    if changed and groups_due(account).exists():
        registry.groups_advance(account)
    return changed


def _fill_take(account: TradingAccount, order: Order | None, fill: FillReport, *, again: bool) -> bool:
    """Posts a fill of an order of ours. True when it was new; ``again``: it lies before the cursor, as what comes a
    second time does, and what comes late."""
    if fill.correction:
        correction_found(account, order, fill)
        breaker_set(account)
        return False
    if order is None:
        if fill.at >= account.created:
            foreign_found(account, fill)
        return False
    if order.generation != account.generation:
        if again:
            return False
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
