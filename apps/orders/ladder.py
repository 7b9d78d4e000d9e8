"""Stops of live accounts that rest at an exchange and can no longer do their work: the rest is sold at market.

An exchange without stops at market holds a limit order a little behind the stop instead. A price that leaps over it
leaves that order resting; and a bracket that has begun to trade at its target has no stop any more. Advanced orders
see to theirs themselves (engine.plans.exits); this is for the stops of bots and of orders by hand.
"""

import logging
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount
from apps.markets.selectors import feed_is_stale
from apps.operations.formats import exact
from apps.operations.hints import toast
from apps.orders.cancels import cancel_request
from apps.orders.intents import Intent, order_create
from apps.orders.models import Order
from engine.kinds import OrderKind
from engine.orders.states import OrderState

logger = logging.getLogger(__name__)
REACH = Decimal("0.05")  # how far behind its stop the exchange's limit order lies
ZERO, ONE = Decimal(0), Decimal(1)


def stops_sweep() -> int:
    """Sells what stops were leapt over would have sold; returns how many there were."""
    stops = Order.objects.filter(
        account__mode=TradingAccount.Mode.LIVE, side=Order.Side.SELL, kind__in=[OrderKind.STOP, OrderKind.BRACKET],
        state=OrderState.OPEN, group=None, cancel_requested=False, product__feed__price__isnull=False,
    )  # fmt: skip
    rows = stops.select_related("product__feed__session").order_by("account_id", "pk")
    return sum(_climb(order.account_id, order.pk) for order in rows if _is_left_behind(order))


def _is_left_behind(order: Order) -> bool:
    """The last price is beyond the reach of what rests there, or beyond a stop that the exchange has taken away."""
    feed = order.product.feed
    if feed_is_stale(feed, timezone.now()) or order.stop_price is None:
        return False
    price = exact(feed.price or 0)
    reach = ONE if order.kind == OrderKind.BRACKET and order.filled else ONE - REACH
    return price < order.stop_price * reach


@transaction.atomic
def _climb(account_id: int, order_id: int) -> bool:
    """Cancels the stop; the sale follows its end and takes what it left."""
    account = lock_account(account_id)
    order = Order.objects.select_related("product__feed__session").get(pk=order_id)
    if order.state != OrderState.OPEN or order.cancel_requested or not _is_left_behind(order):
        return False
    sale = Intent(
        request=f"ladder/{order.pk}", holder=order.holder, product=order.product, purpose=Order.Purpose.EXIT,
        side=Order.Side.SELL, kind=OrderKind.MARKET, quantity=order.quantity, reason="stop", replaces=order,
        position=order.product.feed.position,
    )  # fmt: skip
    order_create(account=account, intent=sale)
    words = f"the price leapt over the stop at {(order.stop_price or ZERO).normalize():f}: the rest goes to the market"
    cancel_request(account=account, order=order, why=words)
    logger.warning("order #%s: %s", order.pk, words, extra={"user": account.owner_id})
    toast(account.owner_id, f"Order #{order.pk}: {words}.", tone="bad", urgent=True)
    return True
