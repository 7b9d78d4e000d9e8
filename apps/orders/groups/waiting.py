"""Which groups have something to see."""

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from apps.accounts.models import TradingAccount
from apps.markets.models import Product
from apps.orders.models import Order, OrderGroup, Side
from engine.kinds import PlanKind
from engine.orders.states import WORKING

ACTIVE = OrderGroup.State.ACTIVE


def groups_due(account: TradingAccount) -> QuerySet[OrderGroup]:
    """Active groups of the account with an event, a change of their orders or a clock to see."""
    return OrderGroup.objects.filter(_is_behind() | _goes_by_clock(), account=account, state=ACTIVE)


def groups_unsettled(product: Product, position: int) -> QuerySet[OrderGroup]:
    """Active groups that have not seen the product's events up to a position, or how one of their orders changed."""
    return OrderGroup.objects.filter(Q(changed=True) | Q(position__lt=position), product=product, state=ACTIVE)


def accounts_waiting() -> list[int]:
    """Ids of accounts with groups that have something to see, or live by a clock that no event moves."""
    waiting = OrderGroup.objects.filter(_is_behind() | _goes_by_clock(), state=ACTIVE).order_by()
    return list(waiting.values_list("account_id", flat=True).distinct())


def _is_behind() -> Q:
    return Q(changed=True) | Q(position__lt=F("product__feed__recorded"))


def _goes_by_clock() -> Q:
    """On a live market time passes without an event: slices come due, and orders that found nobody move nearer."""
    working = Order.objects.filter(group=OuterRef("pk"), state__in=WORKING)
    return Q(product__feed__session__simulated=False) & (Q(kind=PlanKind.TWAP) | Q(Exists(working)))


def accounts_with_groups(products: Iterable[Product]) -> list[int]:
    """Ids of accounts whose groups an event of one of the products concerns."""
    groups = OrderGroup.objects.filter(product__in=list(products), state=ACTIVE).order_by()
    return list(groups.values_list("account_id", flat=True).distinct())


def reserved(account: TradingAccount, holder: str, product: Product) -> Decimal:
    """Base that the holder's active groups wait to sell and no order of theirs offers yet."""
    groups = OrderGroup.objects.filter(account=account, holder=holder, product=product, side=Side.SELL, state=ACTIVE)
    promised = groups.aggregate(sum=Sum("quantity"))["sum"] or Decimal(0)
    orders = Order.objects.filter(group__in=groups)
    sold = orders.aggregate(sum=Sum("filled"))["sum"] or Decimal(0)
    offered = orders.filter(state__in=WORKING).aggregate(sum=Sum(F("quantity") - F("filled")))["sum"] or Decimal(0)
    return max(promised - sold - offered, Decimal(0))
