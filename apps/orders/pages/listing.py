"""Orders that work, as a page lists them: each group with its orders below it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.markets.models import Feed
from apps.operations.formats import exact
from apps.orders.models import Order, OrderGroup
from apps.orders.selectors import groups, orders
from apps.orders.serializers.groups import waiting_words
from engine.kinds import OrderKind
from engine.orders.states import WORKING

SIZE = 15  # groups and orders of a page; each is wide


@dataclass(frozen=True)
class OrderRow:
    """A working order. ``distance``: how far the price is from where the order acts next, as a ratio of the price."""

    order: Order
    last: Decimal | None

    @property
    def acts_at(self) -> Decimal | None:
        """The nearer of its prices; a stop limit acts at its stop first."""
        order = self.order
        if order.kind == OrderKind.STOP_LIMIT:
            return order.stop_price
        prices = [price for price in (order.stop_price, order.limit_price) if price is not None]
        last = self.last
        return min(prices, key=lambda price: abs(price - last), default=None) if last is not None else None

    @property
    def distance(self) -> Decimal | None:
        at = self.acts_at
        return at / self.last - 1 if at is not None and self.last else None

    @property
    def filled_share(self) -> Decimal:
        return self.order.filled / self.order.quantity

    @property
    def can_cancel(self) -> bool:
        return can_cancel(self.order)


@dataclass
class Tree:
    """A group with its orders, or one order by itself."""

    group: OrderGroup | None = None
    rows: list[OrderRow] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Names it in the page."""
        return f"group-{self.group.pk}" if self.group else f"order-{self.rows[0].order.pk}"

    @property
    def waits_for(self) -> str:
        return waiting_words(self.group) if self.group else ""


def can_cancel(order: Order) -> bool:
    """A sale at market is on its way; orders of a group go with it; nothing is asked for twice."""
    if order.state not in WORKING or order.group_id is not None:
        return False
    return order.purpose != Order.Purpose.EXIT and not order.cancel_requested


@dataclass(frozen=True)
class Working:
    """One page of what works: ``count`` groups and orders in all; the pages are counted from 1."""

    trees: list[Tree]
    count: int
    page: int
    pages: int

    @property
    def before(self) -> int:
        return self.page - 1

    @property
    def after(self) -> int:
        return self.page + 1


def working(user: User, page: int = 1) -> Working:
    """What works for the user, newest first: groups, the orders of each below it, and orders by themselves."""
    resting = orders(user).filter(state__in=WORKING)
    active = groups(user).filter(Q(state=OrderGroup.State.ACTIVE) | Q(orders__in=resting)).distinct().order_by()
    entries = [(created, pk, True) for created, pk in active.values_list("created", "pk")]
    entries += [(created, pk, False) for created, pk in resting.filter(group=None).values_list("created", "pk")]
    pages = max(-(-len(entries) // SIZE), 1)
    page = min(max(page, 1), pages)
    shown = sorted(entries, reverse=True)[(page - 1) * SIZE : page * SIZE]
    return Working(_trees(user, [(pk, is_group) for _, pk, is_group in shown]), len(entries), page, pages)


def _trees(user: User, shown: list[tuple[int, bool]]) -> list[Tree]:
    """Of the ids of groups (True) and orders (False), in their order."""
    of_groups = [pk for pk, is_group in shown if is_group]
    alone = [pk for pk, is_group in shown if not is_group]
    rows = orders(user).filter(Q(group__in=of_groups, state__in=WORKING) | Q(pk__in=alone)).order_by("-pk")
    last = _last_prices([order.product_id for order in rows])
    named = {group.pk: group for group in groups(user).filter(pk__in=of_groups)}
    found = {(pk, is_group): Tree(named[pk] if is_group else None) for pk, is_group in shown}
    for order in rows:
        key = (order.pk, False) if order.group_id is None else (order.group_id, True)
        found[key].rows.append(OrderRow(order, last.get(order.product_id)))
    return list(found.values())


def orders_over(user: User) -> QuerySet[Order]:
    """What was filled, cancelled, refused or has expired, newest first."""
    return orders(user).exclude(state__in=WORKING).order_by("-created", "-pk").select_related("group")


def _last_prices(products: Sequence[int]) -> dict[int, Decimal]:
    feeds = Feed.objects.filter(product__in=products, price__isnull=False).values_list("product_id", "price")
    return {product: exact(price) for product, price in feeds if price is not None}
