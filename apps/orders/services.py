"""Working on an account's orders, and asking for cancels and sales."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount, User
from apps.ledger.models import Position
from apps.operations import audit
from apps.operations.nudges import nudge
from apps.orders import registry
from apps.orders.cancels import cancel_request, cancels_request
from apps.orders.changes import order_move
from apps.orders.events import event_add
from apps.orders.groups.endings import groups_abandon, groups_stop
from apps.orders.groups.waiting import groups_due
from apps.orders.intents import Intent, order_create
from apps.orders.models import Order, OrderGroup
from apps.orders.recovery import may_work
from apps.orders.submission import BY_HAND, submit_due
from apps.orders.synchronisation import synchronise
from apps.orders.turns import Turns
from engine.kinds import OrderKind
from engine.orders.states import WORKING, OrderState

turns = Turns()
ROUNDS = 20  # a round that changes something may make work for the next


def orders_work(account_id: int) -> None:
    """Does all that waits on an account's orders: sends, cancels, reads fills, leads groups, until nothing changes.

    Safe to repeat. Raises Fenced when another process takes a live account over meanwhile.
    """
    account = TradingAccount.objects.select_related("owner").get(pk=account_id)
    if not may_work(account):
        return
    for _ in range(ROUNDS):
        sent = submit_due(account_id)
        changed = synchronise(account)
        led = groups_due(account).exists() and registry.groups_work(account_id)
        if not (sent or changed or led):
            return


def orders_hurry(account_id: int) -> None:
    """What a nudge asks for. A real exchange takes its time, and every update of it sends a nudge: one thread reads an
    account, the others send what waits and leave the reading to that one, or all would read the same.

    Whoever decides on an account reads it for itself (``orders_work``); what is read is taken over as a whole.
    """
    if not turns.begin(account_id):
        if may_work(TradingAccount.objects.select_related("owner").get(pk=account_id)):
            submit_due(account_id)
        return
    try:
        orders_work(account_id)
    finally:
        missed = turns.end(account_id)
    if missed:
        nudge("orders_work", account_id, queue="orders")


def working_orders(account: TradingAccount, *, holder: str | None = None) -> list[Order]:
    """The account's orders that are not over, oldest first; of one holder when named."""
    orders = Order.objects.filter(account=account, state__in=WORKING).select_related("product").order_by("pk")
    return list(orders.filter(holder=holder) if holder is not None else orders)


def position_exit(
    *,
    account: TradingAccount,
    position: Position,
    reason: str,
    request: str,
    event_position: int = 0,
    decided: datetime | None = None,
    evaluation_id: int | None = None,
) -> Order:
    """Sells a position at market: cancels what works on it and lets the sale follow the last cancel.

    A sale that works already is returned; one that waits takes on a stronger reason, so that no halt stops it.
    """
    holder_orders = [
        order for order in working_orders(account, holder=position.holder) if order.product_id == position.product_id
    ]
    for order in holder_orders:
        if order.purpose == Order.Purpose.EXIT:
            _strengthen(account, order, reason)
            return order
    mine = OrderGroup.objects.filter(holder=position.holder, product=position.product)
    groups_stop(account, mine, "the position is closed")
    for order in holder_orders:
        cancel_request(account=account, order=order, why=reason)
    resting = [order for order in holder_orders if order.side == Order.Side.SELL]
    intent = Intent(
        request=request, holder=position.holder, product=position.product, purpose=Order.Purpose.EXIT,
        side=Order.Side.SELL, kind=OrderKind.MARKET, quantity=position.quantity, reason=reason,
        after=resting[-1] if resting else None, evaluation_id=evaluation_id, position=event_position,
        decided=decided or timezone.now(),
    )  # fmt: skip
    return order_create(account=account, intent=intent)


def _strengthen(account: TradingAccount, order: Order, reason: str) -> None:
    if order.state == OrderState.PENDING and reason in BY_HAND and order.reason not in BY_HAND:
        event_add(account, order, "new reason", before=order.reason, after=reason)
        order.reason = reason
        order.save(update_fields=["reason", "seq"])


@transaction.atomic
def order_cancel(*, order: Order, user: User) -> Order:
    """Asks for the cancel of a working order by hand. ValidationError for one that is over, and for a sale at market,
    which is on its way; a bot puts the stop and target of its position back at its next decision."""
    account = lock_account(order.account_id)
    order = Order.objects.select_related("product", "account").get(pk=order.pk)
    if order.state not in WORKING:
        raise ValidationError({"state": f"must be working to be cancelled, was {order.state}"})
    if order.purpose == Order.Purpose.EXIT:
        raise ValidationError({"purpose": "must be entry or protect to be cancelled, was exit: a sale at market"})
    cancel_request(account=account, order=order, why="by hand")
    audit.record(actor=user, action="order.cancel", target=order)
    return order


@transaction.atomic
def orders_cancel(*, user: User, orders: QuerySet[Order]) -> list[Order]:
    """Asks by hand for the cancel of those of the user's orders that work, except sales at market; returns them."""
    asked = []
    for order in orders.exclude(purpose=Order.Purpose.EXIT).filter(state__in=WORKING).order_by("account_id", "pk"):
        account = lock_account(order.account_id)
        fresh = Order.objects.select_related("product", "account").get(pk=order.pk)
        if fresh.state in WORKING:
            cancel_request(account=account, order=fresh, why="by hand")
            audit.record(actor=user, action="order.cancel", target=fresh)
            asked.append(fresh)
    return asked


@transaction.atomic
def orders_cancel_all(*, account_id: int, why: str, holder: str | None = None) -> int:
    """Asks for the cancel of every working order except market sales, and ends the groups; returns how many orders."""
    account = lock_account(account_id)
    groups = OrderGroup.objects.all() if holder is None else OrderGroup.objects.filter(holder=holder)
    groups_stop(account, groups, why)
    orders = [order for order in working_orders(account, holder=holder) if order.purpose != Order.Purpose.EXIT]
    cancels_request(account=account, orders=orders, why=why)
    return len(orders)


@transaction.atomic
def positions_flatten(*, account_id: int, reason: str, request: str, holder: str | None = None) -> int:
    """Cancels what works on the account's open positions and sells them at market; returns how many.

    A position whose sale was refused is sold anew, with an order of its own.
    """
    account = lock_account(account_id)
    positions = Position.objects.filter(account=account, closed=None).select_related("product").order_by("pk")
    if holder is not None:
        positions = positions.filter(holder=holder)
    for position in positions:
        tried = Order.objects.filter(
            account=account, holder=position.holder, product=position.product, purpose=Order.Purpose.EXIT
        ).count()
        name = f"{request}/{position.pk}/{tried}"
        position_exit(account=account, position=position, reason=reason, request=name)
    return len(positions)


def orders_abandon(*, account: TradingAccount, why: str) -> None:
    """Ends every order of the locked paper account that is not over, whose book the caller clears too.

    ValidationError while one is on its way to the exchange: what becomes of it is not known yet.
    """
    groups_abandon(account, why)
    unfinished = Order.objects.filter(account=account, state__in=[*WORKING, OrderState.NOT_FOUND])
    # An entry that was filled in part gets its exits when it ends: those are found in the next round.
    while orders := list(unfinished.select_related("product").order_by("pk")):
        for order in orders:
            if order.state == OrderState.SUBMITTING:
                raise ValidationError({"account": f"order #{order.pk} is being sent; try again in a few seconds"})
            order_move(account, order, OrderState.CANCELLED, "abandoned", why)
