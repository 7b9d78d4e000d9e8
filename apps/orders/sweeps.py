"""What the clock does about orders: every waiting row is found again, whatever messages were lost."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.db.models import Exists, Q
from django.utils import timezone

from apps.accounts.models import TradingAccount
from apps.markets.models import Product
from apps.operations.nudges import nudge
from apps.orders.cursors import caught_up
from apps.orders.groups.waiting import ACTIVE, accounts_waiting, accounts_with_groups, groups_unsettled
from apps.orders.models import Order, OrderGroup
from engine.kinds import OrderKind, TimeInForce
from engine.orders.states import WORKING, OrderState

QUIET = timedelta(seconds=0.7)  # younger rows are still on their ordinary way
PRICED = [OrderKind.LIMIT, OrderKind.STOP, OrderKind.BRACKET]  # nothing but their prices decides when they fill
PAPER = Q(account__mode=TradingAccount.Mode.PAPER)
BUSY = [OrderState.PENDING, OrderState.SUBMITTING, OrderState.CANCELLING]


def orders_sweep() -> None:
    """Nudges every account whose orders wait, whose senders died or whose exchange has news.

    What a real exchange does is no event of the market: apps.orders.polling asks after it.
    """
    waiting = Order.objects.filter(state__in=WORKING, created__lt=timezone.now() - QUIET)
    # Whom a second reaches is nudged. Was that lost, a market order is found here, any other with its minute.
    matched = ~caught_up("product__feed__position") | Q(~caught_up("product__feed__recorded"), kind=OrderKind.MARKET)
    sending = Q(state=OrderState.PENDING) | Q(cancel_requested=True, state=OrderState.OPEN)
    due = waiting.filter(Q(PAPER, ~Q(state=OrderState.OPEN) | Q(cancel_requested=True) | matched) | Q(~PAPER, sending))
    accounts = set(due.values_list("account_id", flat=True)) | set(accounts_waiting())
    for account_id in sorted(accounts):
        nudge("orders_work", account_id, queue="orders")


def orders_settled(product: Product, position: int) -> bool:
    """Whether no order of the product is on its way, each has been read and each group led up to the position. A real
    exchange does not wait for us, nor does its market.

    Asked in one statement, which sees one moment: of two, the first might miss the exit that a fill makes and the
    second the entry that was filled meanwhile.
    """
    waiting = ~Q(state=OrderState.OPEN) | Q(cancel_requested=True) | ~caught_up(position)
    orders = Order.objects.filter(waiting, PAPER, product=product, state__in=[*BUSY, OrderState.OPEN])
    groups = groups_unsettled(product, position).filter(PAPER)
    return not Product.objects.filter(Exists(orders) | Exists(groups), pk=product.pk).exists()


def accounts_with_open_orders(product: Product) -> list[int]:
    """Ids of accounts that an event of the product may concern: orders rest in it or groups watch it."""
    ids = Order.objects.filter(PAPER, product=product, state__in=[OrderState.OPEN, OrderState.CANCELLING])
    return sorted({*ids.values_list("account_id", flat=True), *accounts_with_groups([product])})


def accounts_within_reach(prices: Mapping[Product, tuple[float, float]]) -> list[int]:
    """Ids of accounts with open orders that may be filled where each product traded between (lowest, highest), and of
    those with groups, which see every price.

    Who is left out meets the same prices later, at the latest with the minute.
    """
    due = Q()
    for product, (low, high) in prices.items():
        buy = Q(side=Order.Side.BUY) & (Q(limit_price__gt=low) | Q(stop_price__lte=high))
        sell = Q(side=Order.Side.SELL) & (Q(limit_price__lt=high) | Q(stop_price__gte=low))
        other = Q(filled__gt=0) | ~Q(kind__in=PRICED) | ~Q(time_in_force=TimeInForce.GTC)
        due |= Q(other | buy | sell, product=product)
    orders = Order.objects.filter(due, PAPER, state__in=[OrderState.OPEN, OrderState.CANCELLING]).order_by()
    return sorted({*orders.values_list("account_id", flat=True), *accounts_with_groups(prices)})


def products_with_orders(venue: str) -> set[int]:
    """Ids of the venue's products in which orders wait or rest, or that groups watch."""
    working = Order.objects.filter(product__venue=venue, state__in=WORKING)
    groups = OrderGroup.objects.filter(product__venue=venue, state=ACTIVE)
    return {*working.values_list("product_id", flat=True), *groups.values_list("product_id", flat=True)}


def accounts_unsettled(account_ids: Iterable[int], product: Product, position: int) -> list[int]:
    """Those of the accounts with orders of the product on their way or not yet read up to ``position``, or with groups
    not yet led there, in key order.

    What an account does in other products is its decisions' concern only as far as it is posted.
    """
    accounts = list(account_ids)
    orders = Order.objects.filter(account__in=accounts, product=product, state__in=WORKING)
    waiting = ~Q(state=OrderState.OPEN) | Q(cancel_requested=True) | ~caught_up(position)
    groups = groups_unsettled(product, position).filter(account__in=accounts)
    found = {*orders.filter(waiting).values_list("account_id", flat=True), *groups.values_list("account_id", flat=True)}
    return sorted(found)
