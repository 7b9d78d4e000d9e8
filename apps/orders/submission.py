"""Sending orders: claimed in one transaction, sent outside any, recorded in another. Cancels: cancelling.py."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.connections.live import entry_refusal
from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount
from apps.ledger.amounts import kept
from apps.ledger.positions import open_position
from apps.markets.models import Product
from apps.markets.selectors import feed_is_stale
from apps.operations.logs.correlation import about
from apps.orders import registry
from apps.orders.cancelling import cancels_send, wants_cancel
from apps.orders.changes import order_move, report_apply
from apps.orders.edits import edits_send, wants_edit
from apps.orders.events import event_add
from apps.orders.intents import ENTRY_PATIENCE, hold_for
from apps.orders.models import Order
from apps.orders.seats import seat_check, seat_held
from apps.risk.selectors import halt_level
from engine.kinds import HaltLevel, OrderKind, TimeInForce
from engine.orders.states import TERMINAL, WORKING, OrderState
from exchanges.port import NewOrder, Rejected, Unavailable, Unknown

BY_HAND = ("manual", "halt")  # sales that go through whatever is halted
RETRY = timedelta(seconds=1)  # an order that could not be sent waits so long


def submit_due(account_id: int) -> bool:
    """Claims and sends the account's waiting orders and cancels. True when there was anything to do."""
    now = timezone.now()
    orders = Order.objects.filter(account_id=account_id)
    # Asked before anything is locked: most of the time nothing waits.
    waiting = orders.filter(_waits(now) | wants_cancel(now) | wants_edit(now))
    asked = set(waiting.values_list("state", "cancel_requested"))
    ready = _claim_orders(account_id) if any(state == OrderState.PENDING for state, _ in asked) else []
    for order in ready:
        with about(order.correlation_id, bot=order.bot_id, order=order.pk):
            _send(order)
    doomed = any(cancel and state != OrderState.PENDING for state, cancel in asked)
    cancelled = doomed and cancels_send(account_id)
    edited = (OrderState.OPEN, False) in asked and edits_send(account_id)
    return bool(ready) or cancelled or edited


def _waits(now: datetime) -> Q:
    """Orders that may be sent, or end without having been."""
    return Q(Q(lease_until=None) | Q(lease_until__lte=now) | Q(cancel_requested=True), state=OrderState.PENDING)


@transaction.atomic
def _claim_orders(account_id: int) -> list[Order]:
    account = lock_account(account_id)
    seat_check(account)
    now = timezone.now()  # the lease begins when the wait for the account is over
    level = halt_level(account)
    waiting = Order.objects.filter(_waits(now), account_id=account_id)
    claim = uuid4()
    ready = []
    for order in waiting.select_related("product__feed__session", "replaces").order_by("pk"):
        order.account = account
        if _is_ready(account, order, level):
            order.claim, order.submitted = claim, now
            order.lease_until = now + timedelta(seconds=settings.ORDER_LEASE)
            order_move(account, order, OrderState.SUBMITTING, "submitting")
            ready.append(order)
    return ready


def _is_ready(account: TradingAccount, order: Order, level: HaltLevel) -> bool:
    """Whether a waiting order may be sent now; ends it when it may never be."""
    if order.cancel_requested:
        order_move(account, order, OrderState.CANCELLED, "cancelled")
        return False
    refusal = _entry_refusal(order, level) if order.purpose == Order.Purpose.ENTRY else _exit_refusal(order, level)
    if refusal:
        order_move(account, order, OrderState.DENIED, "denied", refusal)
        return False
    if order.product.status != Product.Status.ONLINE:
        return False  # a sale waits for its market
    if order.submitted is not None:
        return True
    if order.replaces is not None:
        return _follow(account, order, order.replaces)
    return order.after_id is None or _inherit(account, order)


def _entry_refusal(order: Order, level: HaltLevel) -> str:
    if level >= HaltLevel.ENTRIES:
        return "a halt is in force: no entries"
    if refusal := entry_refusal(order.account):
        return refusal
    if order.product.status != Product.Status.ONLINE:
        return f"{order.product} must be online, was {order.product.status}"
    feed = getattr(order.product, "feed", None)
    if feed is not None and feed_is_stale(feed, timezone.now()):
        return "the market has been silent for too long: no entries"
    moved_on = feed is not None and feed.market_time - order.decided.timestamp() > ENTRY_PATIENCE.total_seconds()
    if moved_on or (order.deadline and order.deadline < timezone.now()):
        return "was not sent in time: the price it was decided on is too old"
    return ""


def _exit_refusal(order: Order, level: HaltLevel) -> str:
    if level < HaltLevel.ORDERS or order.reason in BY_HAND:
        return ""
    if level == HaltLevel.FLATTEN and order.purpose == Order.Purpose.EXIT:
        return ""  # it sells, which is what is wanted
    return "a halt is in force: no orders"


def _inherit(account: TradingAccount, order: Order) -> bool:
    """A sale that replaces others waits for their end, then takes what they left of the position."""
    others = Order.objects.filter(
        account=account, holder=order.holder, product=order.product, side=Order.Side.SELL, state__in=WORKING
    )
    if others.exclude(pk=order.pk).exists():
        return False
    position = open_position(account, order.holder, order.product)
    left = min(order.quantity, position.quantity) if position else Decimal(0)
    if not left:
        order_move(account, order, OrderState.DENIED, "denied", "nothing is left to sell")
        return False
    return _resize(account, order, left)


def _follow(account: TradingAccount, order: Order, old: Order) -> bool:
    """An edited order waits for the end of the one it replaces, then takes what that one left of the new quantity."""
    if old.state not in TERMINAL:
        return False
    left = order.quantity - old.filled
    if left <= 0:
        words = f"nothing is left of it: order #{old.pk} was filled before its cancel"
        order_move(account, order, OrderState.DENIED, "denied", words)
        return False
    return _resize(account, order, left)


def _resize(account: TradingAccount, order: Order, left: Decimal) -> bool:
    """Gives a waiting order its final quantity and its hold; denies it when there is none for it."""
    if left != order.quantity:
        if order.funds:
            order.funds = kept(order.funds * left / order.quantity)
        order.quantity = left
        event_add(account, order, "resized", quantity=str(left))
    refusal = hold_for(account, order)
    if refusal:
        order_move(account, order, OrderState.DENIED, "denied", refusal)
    return not refusal


def _send(order: Order) -> None:
    """One order to its exchange, and the answer into its row."""
    exchange = registry.exchange_for(order.account)
    new = NewOrder(
        client_order_id=order.client_order_id, symbol=order.product.symbol, side=order.side, kind=OrderKind(order.kind),
        quantity=order.quantity, limit_price=order.limit_price, stop_price=order.stop_price, funds=order.funds,
        time_in_force=TimeInForce(order.time_in_force), post_only=order.post_only, expires=order.expires,
        send_by=order.lease_until,
    )  # fmt: skip
    try:
        if not seat_held(order.account):
            raise Unavailable("another process has taken the account over")
        report = exchange.place(new)
    except Rejected as error:
        _record(order, OrderState.REJECTED, "rejected", str(error))
    except Unavailable as error:
        _record(order, OrderState.PENDING, "not sent", str(error), retry=timezone.now() + RETRY)
    except Unknown as error:
        _record(order, OrderState.UNKNOWN, "outcome unknown", str(error))
    else:
        with transaction.atomic():
            account = lock_account(order.account_id)
            fresh = Order.objects.select_related("product").get(pk=order.pk)
            if fresh.state in (OrderState.SUBMITTING, OrderState.UNKNOWN):
                report_apply(account, fresh, report)


def _record(order: Order, state: OrderState, kind: str, message: str, retry: datetime | None = None) -> None:
    """What a failed call makes of the order, unless somebody else knows better by now."""
    with transaction.atomic():
        account = lock_account(order.account_id)
        fresh = Order.objects.select_related("product").get(pk=order.pk)
        if fresh.state == OrderState.SUBMITTING and fresh.claim == order.claim:
            fresh.lease_until = retry
            order_move(account, fresh, state, kind, message)
