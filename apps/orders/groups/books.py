"""What groups of a locked account are led by: their orders, what is free to sell, the market. Read for all at once."""

from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from functools import cached_property
from operator import itemgetter

from django.db.models import F, Sum
from django.utils import timezone

from apps.accounts.costs import account_costs
from apps.accounts.models import TradingAccount
from apps.ledger.models import Position
from apps.markets.events import events_between
from apps.markets.models import Feed, Product
from apps.markets.rules import product_rules
from apps.markets.selectors import market_now
from apps.orders import registry
from apps.orders.groups.pausing import entries_refused
from apps.orders.groups.rows import lots
from apps.orders.models import Order, OrderGroup, ProductCursor
from engine import records
from engine.config import rules_record
from engine.kinds import PlanKind
from engine.orders.states import WORKING, OrderState

AT_EXCHANGE = [OrderState.OPEN, OrderState.CANCELLING]
NOTHING = Decimal(0)
Coins = tuple[str, int]  # holder and product, whose coins they are


class Books:
    """Valid for as long as the account is locked; whoever does a deed for a group says so by ``acted``."""

    def __init__(self, account: TradingAccount, groups: Collection[OrderGroup]) -> None:
        self.account, self._groups = account, groups
        self._events: dict[tuple[int, int, int], list[records.Record]] = {}
        self._native: dict[str, list[int]] = {}
        self._rules: dict[int, records.Record] = {}

    def orders(self, group: OrderGroup) -> list[Order]:
        """All it has ever made, oldest first."""
        return self._orders.setdefault(group.pk, [])

    def acted(self, group: OrderGroup) -> None:
        """Its orders are not what they were, and so is what others may sell."""
        mine = Order.objects.filter(group=group).select_related("product").order_by("pk")
        self._orders[group.pk] = list(mine)
        self.__dict__.pop("_offered", None)

    def available(self, group: OrderGroup) -> int:
        """Lots of the holder's position that no order beside the group offers; -1 for a group that only buys."""
        if group.side == Order.Side.BUY and group.kind != PlanKind.BRACKET:
            return -1
        coins = group.holder, group.product_id
        offers = self._offered.get(coins, {})
        beside = sum((left for maker, left in offers.items() if maker != group.pk), NOTHING)
        return max(lots(self._owned.get(coins, NOTHING) - beside, group.product), 0)

    def reach(self, group: OrderGroup, feed: Feed) -> int:
        """How far the market may be shown: what rests at the exchange meets an event before the plan does."""
        if not any(order.state in AT_EXCHANGE for order in self.orders(group)):
            return feed.recorded
        return min(feed.recorded, self._read.get(group.product_id, 0))

    def events(self, feed: Feed, after: int, until: int) -> list[records.Record]:
        """Recorded events of the feed's product: most groups stand at the same position."""
        stretch = feed.product_id, after, until
        if stretch not in self._events:
            self._events[stretch] = [event for event, _ in events_between(feed, after, until)]
        return self._events[stretch]

    def native(self, product: Product) -> list[int]:
        """Kinds that the exchange holds itself."""
        if product.symbol not in self._native:
            self._native[product.symbol] = sorted(registry.exchange_for(self.account).native(product.symbol))
        return self._native[product.symbol]

    def rules(self, product: Product) -> records.Record:
        if product.pk not in self._rules:
            self._rules[product.pk] = rules_record(product_rules(product), account_costs(self.account))[0]
        return self._rules[product.pk]

    @cached_property
    def no_entries(self) -> str:
        """Why the account may buy nothing now, in words; '' when it may."""
        now = timezone.now()
        at, feed = max(
            ((market_now(group.product.feed, now), group.product.feed) for group in self._groups),
            key=itemgetter(0),
        )
        return entries_refused(self.account, feed.session, at)

    @cached_property
    def _orders(self) -> dict[int, list[Order]]:
        found: dict[int, list[Order]] = defaultdict(list)
        for order in Order.objects.filter(group__in=self._groups).select_related("product").order_by("pk"):
            if order.group_id is not None:
                found[order.group_id].append(order)
        return found

    @cached_property
    def _owned(self) -> dict[Coins, Decimal]:
        rows = Position.objects.filter(account=self.account, closed=None)
        return {(holder, product): size for holder, product, size in rows.values_list("holder", "product", "quantity")}

    @cached_property
    def _offered(self) -> dict[Coins, dict[int | None, Decimal]]:
        """What working sales offer still, by the group that made them."""
        sales = Order.objects.filter(account=self.account, side=Order.Side.SELL, state__in=WORKING).order_by()
        left = sales.values_list("holder", "product", "group").annotate(left=Sum(F("quantity") - F("filled")))
        found: dict[Coins, dict[int | None, Decimal]] = defaultdict(dict)
        for holder, product, group, quantity in left:
            found[holder, product][group] = quantity
        return found

    @cached_property
    def _read(self) -> dict[int, int]:
        """How far each product's market has been read, by product id."""
        rows = ProductCursor.objects.filter(account=self.account)
        return dict(rows.values_list("product", "caught_up"))
