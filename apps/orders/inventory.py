"""What a holder may still sell: bots and hands of one account never sell each other's coins."""

from decimal import Decimal

from django.db.models import F, Sum

from apps.accounts.models import TradingAccount
from apps.ledger.positions import open_position
from apps.markets.models import Product
from apps.orders.models import Order
from engine.orders.states import WORKING


def sellable(account: TradingAccount, holder: str, product: Product, *, beside: Order | None = None) -> Decimal:
    """Base of the holder's open position that no working sale offers, leaving out the order ``beside``.

    Coins that came from elsewhere belong to no holder: nothing here sells them.
    """
    position = open_position(account, holder, product)
    if position is None:
        return Decimal(0)
    return max(position.quantity - offered(account, holder, product, order=beside), Decimal(0))


def offered(account: TradingAccount, holder: str, product: Product, *, order: Order | None = None) -> Decimal:
    """Base in the holder's working sales, leaving out an order."""
    sales = Order.objects.filter(
        account=account, holder=holder, product=product, side=Order.Side.SELL, state__in=WORKING
    )
    left = sales.exclude(pk=order.pk if order else 0).aggregate(left=Sum(F("quantity") - F("filled")))["left"]
    return left or Decimal(0)
