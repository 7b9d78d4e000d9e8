"""What a holder may still sell: bots and hands of one account never sell each other's coins."""

from decimal import Decimal

from django.db.models import F, Q, Sum

from apps.accounts.models import TradingAccount
from apps.ledger.positions import open_position
from apps.markets.models import Product
from apps.orders.models import Order, OrderGroup
from engine.orders.states import WORKING


def sellable(account: TradingAccount, holder: str, product: Product, *, beside: Order | None = None) -> Decimal:
    """Base of the holder's open position that no working sale offers, leaving out the order ``beside``.

    Coins that came from elsewhere belong to no holder: nothing here sells them.
    """
    position = open_position(account, holder, product)
    if position is None:
        return Decimal(0)
    return max(position.quantity - offered(account, holder, product, order=beside), Decimal(0))


def offered(
    account: TradingAccount, holder: str, product: Product, *, order: Order | None = None,
    group: OrderGroup | None = None,
) -> Decimal:  # fmt: skip
    """Base in the holder's working sales, leaving out an order or those of a group."""
    sales = Order.objects.filter(
        account=account, holder=holder, product=product, side=Order.Side.SELL, state__in=WORKING
    )
    left_out = Q(pk=order.pk) if order else Q(group=group) if group else Q(pk=None)
    left = sales.exclude(left_out).aggregate(left=Sum(F("quantity") - F("filled")))["left"]
    return left or Decimal(0)
