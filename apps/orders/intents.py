"""Making orders: the intent, its identity and its hold, committed together before anything is sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from django.utils import timezone

from apps.accounts.models import TradingAccount
from apps.ledger.positions import NO_WISHES, Wishes
from apps.ledger.services import InsufficientFunds, hold_take
from apps.markets.models import Product
from apps.operations.logs.correlation import current, new_id
from apps.operations.nudges import nudge
from apps.orders.changes import order_move
from apps.orders.events import event_add
from apps.orders.models import Order
from engine.kinds import OrderKind
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


def order_create(*, account: TradingAccount, intent: Intent) -> Order:
    """Commits an intent for the locked account; an unaffordable or self-crossing one is recorded as DENIED.

    Returns the order of an earlier call with the same request.
    """
    key = uuid5(NAMESPACE, f"{account.pk}/{account.generation}/{intent.request}")
    existing = Order.objects.filter(client_order_id=key).first()
    if existing:
        return existing
    order = Order.objects.create(
        account=account, generation=account.generation, holder=intent.holder, product=intent.product,
        client_order_id=key, purpose=intent.purpose, reason=intent.reason, side=intent.side, kind=intent.kind,
        quantity=intent.quantity, limit_price=intent.limit_price, stop_price=intent.stop_price, funds=intent.funds,
        stop=intent.wishes.stop, target=intent.wishes.target, hold=intent.wishes.hold, after=intent.after,
        evaluation_id=intent.evaluation_id, correlation_id=current() or new_id(),
        position=intent.position, decided=intent.decided or timezone.now(),
        deadline=timezone.now() + ENTRY_PATIENCE if intent.purpose == Order.Purpose.ENTRY else None,
    )  # fmt: skip
    event_add(account, order, "created", to_state=OrderState.PENDING)
    refusal = _crossing(order, intent.limit_price or intent.reference) or (
        "" if intent.after else hold_for(account, order)
    )
    if refusal:
        order_move(account, order, OrderState.DENIED, "denied", refusal)
    else:
        nudge("orders_work", account.pk, queue="orders")
    return order


def hold_for(account: TradingAccount, order: Order) -> str:
    """Reserves what an order can cost or deliver; returns the refusal in words, '' when it is held."""
    if order.side == Order.Side.BUY:
        currency, amount = order.product.quote, order.funds or Decimal(0)
    else:
        currency, amount = order.product.base, order.quantity
    if amount <= 0:
        return f"funds must be above 0 {currency}, were {amount.normalize():f}"
    try:
        hold_take(account=account, key=order.client_order_id, currency=currency, amount=amount)
    except InsufficientFunds as error:
        return str(error)
    return ""


def _crossing(order: Order, price: Decimal | None) -> str:
    """Words for a buy that would trade with a resting sale of the same account, '' when it would not."""
    if order.side != Order.Side.BUY or price is None:
        return ""
    sibling = (
        Order.objects.filter(
            account_id=order.account_id, product=order.product, side=Order.Side.SELL, state__in=WORKING,
            limit_price__lte=price,
        )
        .exclude(holder=order.holder)
        .first()
    )  # fmt: skip
    return f"would trade with order #{sibling.pk} of the same account" if sibling else ""
