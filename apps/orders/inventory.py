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
    sales = Order.objects.filter(
        account=account, holder=holder, product=product, side=Order.Side.SELL, state__in=WORKING
    )
    if beside is not None:
        sales = sales.exclude(pk=beside.pk)
    offered = sales.aggregate(left=Sum(F("quantity") - F("filled")))["left"] or Decimal(0)
    return max(position.quantity - offered, Decimal(0))
