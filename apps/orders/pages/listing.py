"""Orders that work, as a page lists them: each group with its orders below it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from apps.accounts.models import User
from apps.markets.models import Feed
from apps.operations.formats import exact
from apps.orders.models import Order, OrderGroup
from apps.orders.selectors import groups, orders
from apps.orders.serializers.groups import waiting_words
from engine.kinds import OrderKind
from engine.orders.states import WORKING


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
    def waits_for(self) -> str:
        return waiting_words(self.group) if self.group else ""


def can_cancel(order: Order) -> bool:
    """A sale at market is on its way; orders of a group go with it; nothing is asked for twice."""
    if order.state not in WORKING or order.group_id is not None:
        return False
    return order.purpose != Order.Purpose.EXIT and not order.cancel_requested


def trees(user: User) -> list[Tree]:
    """What works for the user: active groups and orders, newest first; the orders of a group below it."""
    working = list(orders(user).filter(state__in=WORKING).select_related("group").order_by("-pk"))
    active = groups(user).filter(state=OrderGroup.State.ACTIVE)
    last = _last_prices([order.product_id for order in working])
    found = {group.pk: Tree(group) for group in active}
    alone = []
    for order in working:
        row = OrderRow(order, last.get(order.product_id))
        if order.group is None:
            alone.append(Tree(rows=[row]))
        else:
            found.setdefault(order.group.pk, Tree(order.group)).rows.append(row)
    return [*sorted(found.values(), key=lambda tree: -tree.group.pk if tree.group else 0), *alone]


def _last_prices(products: Sequence[int]) -> dict[int, Decimal]:
    feeds = Feed.objects.filter(product__in=products, price__isnull=False).values_list("product_id", "price")
    return {product: exact(price) for product, price in feeds if price is not None}
