"""Working on an account's orders, and asking for cancels and sales."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount
from apps.ledger.models import Position
from apps.operations.nudges import nudge
from apps.orders.changes import order_move
from apps.orders.events import event_add
from apps.orders.intents import Intent, order_create
from apps.orders.models import Order
from apps.orders.submission import submit_due
from apps.orders.synchronisation import synchronise
from engine.kinds import OrderKind
from engine.orders.states import WORKING, OrderState

ROUNDS = 20  # a round that changes something may make work for the next


def orders_work(account_id: int) -> None:
    """Does all that waits on an account's orders: sends, cancels, reads fills, until nothing changes. Safe to repeat."""
    account = TradingAccount.objects.select_related("owner").get(pk=account_id)
    for _ in range(ROUNDS):
        sent = submit_due(account_id)
        changed = synchronise(account)
        if not sent and not changed:
            return


def working_orders(account: TradingAccount, *, holder: str | None = None) -> list[Order]:
    """The account's orders that are not over, oldest first; of one holder when named."""
    orders = Order.objects.filter(account=account, state__in=WORKING).select_related("product").order_by("pk")
    return list(orders.filter(holder=holder) if holder is not None else orders)


def cancel_request(*, account: TradingAccount, order: Order, why: str) -> None:
    """Asks for the cancel of a working order of the locked account. Asking twice does nothing more."""
    if order.cancel_requested:
        return
    order.cancel_requested = True
    event_add(account, order, "cancel requested", from_state=order.state, to_state=order.state, why=why)
    order.save(update_fields=["cancel_requested", "seq"])
    nudge("orders_work", account.pk, queue="orders")


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
    """Sells a position at market: cancels what works on it and lets the sale follow the last cancel."""
    holder_orders = [
        order for order in working_orders(account, holder=position.holder) if order.product_id == position.product_id
    ]
    for order in holder_orders:
        if order.purpose == Order.Purpose.EXIT:
            return order
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


@transaction.atomic
def orders_cancel_all(*, account_id: int, why: str, holder: str | None = None) -> int:
    """Asks for the cancel of every working order except sales by hand; returns how many."""
    account = lock_account(account_id)
    orders = [order for order in working_orders(account, holder=holder) if order.purpose != Order.Purpose.EXIT]
    for order in orders:
        cancel_request(account=account, order=order, why=why)
    return len(orders)


@transaction.atomic
def positions_flatten(*, account_id: int, reason: str, request: str, holder: str | None = None) -> int:
    """Cancels what works on the account's open positions and sells them at market; returns how many."""
    account = lock_account(account_id)
    positions = Position.objects.filter(account=account, closed=None).select_related("product").order_by("pk")
    if holder is not None:
        positions = positions.filter(holder=holder)
    for position in positions:
        position_exit(account=account, position=position, reason=reason, request=f"{request}/{position.pk}")
    return len(positions)


def orders_abandon(*, account: TradingAccount, why: str) -> None:
    """Ends every working order of the locked paper account at once, whose book the caller clears too.

    ValidationError while one is on its way to the exchange: what becomes of it is not known yet.
    """
    while orders := working_orders(account):
        for order in orders:
            if order.state == OrderState.SUBMITTING:
                raise ValidationError({"account": f"order #{order.pk} is being sent; try again in a few seconds"})
            order_move(account, order, OrderState.CANCELLED, "abandoned", why)
