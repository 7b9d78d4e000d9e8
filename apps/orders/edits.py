"""Changing an order where it rests: asked for in its row, sent outside any transaction, done when it shows there.

What is sent names the whole new order, so that sending it twice changes nothing more. It is looked up before it is
sent again: an answer that was lost is found.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount
from apps.ledger.services import hold_lower, hold_raise
from apps.operations.hints import hint, toast
from apps.operations.logs.correlation import about
from apps.operations.nudges import nudge
from apps.orders import registry
from apps.orders.estimates import worst_cost
from apps.orders.events import event_add
from apps.orders.models import Order
from apps.orders.seats import seat_check, seat_held
from apps.orders.tickets import Ticket
from engine.kinds import OrderKind, TimeInForce
from engine.orders.states import OrderState
from exchanges.port import OrderReport, Rejected, Unavailable, Unknown

KINDS = (OrderKind.LIMIT, OrderKind.STOP_LIMIT, OrderKind.BRACKET)  # what an exchange changes in place
EQUAL = "EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST"
AGAIN = timedelta(seconds=1)  # an exchange shows a change a little after it took it


def fits(order: Order, total: Decimal) -> bool:
    """Whether the exchange itself can change the order to so much in all. More than before goes the other way: fills of
    what the row does not know of yet would be too many for it."""
    there = order.account.mode == TradingAccount.Mode.LIVE and order.state == OrderState.OPEN
    rests = order.kind in KINDS and order.time_in_force == TimeInForce.GTC
    return there and rests and bool(order.exchange_order_id) and total <= order.quantity


def edit_ask(*, account: TradingAccount, order: Order, wanted: Ticket, total: Decimal) -> None:
    """Asks for a change of the locked account's order, and holds what it can cost until it is known to be done.

    Raises InsufficientFunds.
    """
    if order.side == Order.Side.BUY:
        needed = worst_cost(account, total - order.filled, wanted.limit_price or Decimal(0))
        hold_raise(account=account, key=order.client_order_id, amount=needed)
    terms = {"quantity": total, "limit_price": wanted.limit_price, "stop_price": wanted.stop_price}
    order.edit = {name: str(value) for name, value in terms.items() if value is not None}
    order.lease_until = None
    event_add(account, order, "edit requested", **order.edit)
    order.save(update_fields=["edit", "lease_until", "seq"])
    nudge("orders_work", account.pk, queue="orders")


def wants_edit(now: datetime) -> Q:
    """Orders with a change to send, or to look after."""
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    return Q(free, state=OrderState.OPEN, cancel_requested=False, edit__isnull=False)


def edits_send(account_id: int) -> bool:
    """Claims and sends the account's changes. True when there were any."""
    claimed = _claim(account_id)
    for order in claimed:
        with about(order.correlation_id, bot=order.bot_id, order=order.pk):
            _send(order)
    return bool(claimed)


@transaction.atomic
def _claim(account_id: int) -> list[Order]:
    account = lock_account(account_id)
    seat_check(account)
    now = timezone.now()
    orders = list(Order.objects.filter(wants_edit(now), account=account).select_related("product").order_by("pk"))
    for order in orders:
        order.account, order.lease_until = account, now + timedelta(seconds=settings.ORDER_LEASE)
        order.save(update_fields=["lease_until"])
    return orders


def _send(order: Order) -> None:
    exchange, key = registry.exchange_for(order.account), order.client_order_id
    wanted = {name: Decimal(value) for name, value in (order.edit or {}).items()}
    try:
        if not seat_held(order.account):
            return
        found = exchange.reports([key])
        done = bool(found) and _shows(found[0], wanted)
        if found and not done and found[0].state == OrderState.OPEN:
            done = _shows(exchange.edit(key, **wanted), wanted)
    except Rejected as error:
        _settle(order, error)
    except (Unavailable, Unknown):
        _later(order)
    else:
        _settle(order) if done else _later(order)


def _shows(report: OrderReport, wanted: dict[str, Decimal]) -> bool:
    return all(getattr(report, name) == value for name, value in wanted.items())


def _later(order: Order) -> None:
    """It is looked up again soon."""
    Order.objects.filter(pk=order.pk, edit=order.edit).update(lease_until=timezone.now() + AGAIN)


@transaction.atomic
def _settle(order: Order, refused: Rejected | None = None) -> None:
    """Writes what became of the change, and holds what the order can cost now."""
    account = lock_account(order.account_id)
    fresh = Order.objects.select_related("product").get(pk=order.pk)
    if fresh.edit != order.edit or fresh.edit is None:
        return
    if refused is None or refused.reason == EQUAL:
        for name, value in fresh.edit.items():
            setattr(fresh, name, Decimal(value))
        event_add(account, fresh, "edited", **fresh.edit)
    else:
        event_add(account, fresh, "edit refused", message=str(refused)[:300])
        toast(account.owner_id, f"Order #{fresh.pk} stays as it was: {refused}", tone="bad", urgent=True)
    fresh.edit, fresh.lease_until = None, None
    if fresh.state in (OrderState.OPEN, OrderState.CANCELLING):
        _hold(account, fresh)
    fresh.save()
    hint(account.owner_id, "orders")


def _hold(account: TradingAccount, order: Order) -> None:
    needed = order.remaining
    if order.side == Order.Side.BUY:
        needed = worst_cost(account, order.remaining, order.limit_price or Decimal(0))
        order.funds = order.filled_notional + order.fees + needed
    hold_lower(account=account, key=order.client_order_id, amount=needed)
