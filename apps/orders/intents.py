"""Making orders: the intent, its identity and its hold, committed together before anything is sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from django.db.models import F, Q
from django.utils import timezone

from apps.accounts.models import TradingAccount
from apps.ledger.holders import MANUAL
from apps.ledger.positions import NO_WISHES, Wishes
from apps.ledger.services import InsufficientFunds, hold_take
from apps.markets.models import Product
from apps.operations.logs.correlation import current, new_id
from apps.operations.nudges import nudge
from apps.orders.changes import order_move
from apps.orders.events import event_add
from apps.orders.inventory import sellable
from apps.orders.models import Order, OrderGroup
from engine.kinds import OrderKind, TimeInForce
from engine.orders.states import WORKING, OrderState

NAMESPACE = UUID("5b1c8a30-6d0a-4c0e-9a53-2f0d2a6f4a11")
ENTRY_PATIENCE = timedelta(seconds=60)  # an entry not sent within this wall and market time is dropped


@dataclass(frozen=True)
class Intent:
    """What is wanted. ``request`` names the cause and the leg; the same request never makes a second order."""

    request: str
    holder: str
    product: Product
    purpose: str
    side: str
    kind: OrderKind
    quantity: Decimal
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    funds: Decimal | None = None
    reference: Decimal | None = None  # price at which a market buy is expected to trade
    reason: str = ""
    wishes: Wishes = NO_WISHES
    after: Order | None = None
    evaluation_id: int | None = None
    position: int = 0
    decided: datetime | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    expires: datetime | None = None
    group: OrderGroup | None = None
    leg: int = 0
    attempt: int = 0
    replaces: Order | None = None  # an order of before an edit: waited for, then its rest is asked for


def order_key(account: TradingAccount, request: str) -> UUID:
    """The client_order_id of a request in the account's present run."""
    return uuid5(NAMESPACE, f"{account.pk}/{account.generation}/{request}")


def order_create(*, account: TradingAccount, intent: Intent, refusal: str = "") -> Order:
    """Commits an intent for the locked account; an unaffordable or self-crossing one is recorded as DENIED, and one
    that the caller gives a ``refusal`` for.

    Returns the order of an earlier call with the same request.
    """
    key = order_key(account, intent.request)
    existing = Order.objects.filter(client_order_id=key).first()
    if existing:
        return existing
    order = Order.objects.create(
        account=account, generation=account.generation, holder=intent.holder, product=intent.product,
        client_order_id=key, purpose=intent.purpose, reason=intent.reason, side=intent.side, kind=intent.kind,
        quantity=intent.quantity, limit_price=intent.limit_price, stop_price=intent.stop_price, funds=intent.funds,
        stop=intent.wishes.stop, target=intent.wishes.target, hold=intent.wishes.hold, after=intent.after,
        evaluation_id=intent.evaluation_id, correlation_id=current() or new_id(),
        position=intent.position, decided=intent.decided or timezone.now(), time_in_force=intent.time_in_force,
        post_only=intent.post_only, expires=intent.expires, group=intent.group, leg=intent.leg, attempt=intent.attempt,
        replaces=intent.replaces,
        deadline=timezone.now() + ENTRY_PATIENCE if intent.purpose == Order.Purpose.ENTRY else None,
    )  # fmt: skip
    event_add(account, order, "created", to_state=OrderState.PENDING)
    waits = intent.after or intent.replaces
    refusal = refusal or crossing(order, intent.limit_price or intent.reference)
    refusal = refusal or ("" if waits else hold_for(account, order))
    if refusal:
        order_move(account, order, OrderState.DENIED, "denied", refusal)
    else:
        nudge("orders_work", account.pk, queue="orders")
    return order


def hold_for(account: TradingAccount, order: Order) -> str:
    """Reserves what an order can cost or deliver; returns the refusal in words, '' when it is held."""
    product = order.product
    if order.side == Order.Side.BUY:
        currency, amount = product.quote, order.funds or Decimal(0)
    else:
        currency, amount = product.base, order.quantity
        free = sellable(account, order.holder, product, beside=order)
        if amount > free:
            return f"{currency}: needs {amount.normalize():f}, {free.normalize():f} of this position is free"
    if amount <= 0:
        return f"funds must be above 0 {currency}, were {amount.normalize():f}"
    try:
        hold_take(account=account, key=order.client_order_id, currency=currency, amount=amount)
    except InsufficientFunds as error:
        return str(error)
    return ""


def crossing(order: Order, price: Decimal | None) -> str:
    """Words for an order that would trade with one of the same account that rests, '' when it would not.

    A sale at market or behind a stop is never kept back: it protects.
    """
    others = Order.objects.filter(account_id=order.account_id, product=order.product, state__in=WORKING)
    if order.holder != MANUAL:
        others = others.exclude(holder=order.holder)
    if price is None:
        return ""
    if order.side == Order.Side.BUY:
        # A stop-limit is not in the book before its stop.
        sleeps = Q(kind=OrderKind.STOP_LIMIT, stop_price__lt=F("product__feed__price"))
        others = others.filter(side=Order.Side.SELL, limit_price__lte=price).exclude(sleeps)
    elif order.kind == OrderKind.LIMIT:
        others = others.filter(side=Order.Side.BUY, kind=OrderKind.LIMIT, limit_price__gte=price)
    else:
        return ""
    sibling = others.exclude(pk=order.replaces_id or 0).exclude(group=order.group_id or 0).first()
    return f"would trade with order #{sibling.pk} of the same account" if sibling else ""
