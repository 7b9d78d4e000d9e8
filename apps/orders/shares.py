"""A share of what is free, as the size of an order: never more than there is, fees included."""

from decimal import ROUND_DOWN, Decimal

from apps.accounts.models import TradingAccount
from apps.ledger.holders import MANUAL
from apps.ledger.models import Balance
from apps.markets.models import Feed, Product
from apps.operations.formats import exact
from apps.orders.inventory import sellable
from apps.orders.models import Side


def share_of(
    account: TradingAccount, feed: Feed, *, side: str, at_market: bool, percent: int, price: Decimal | None
) -> tuple[str, str]:
    """Field and value: the ``amount`` (quote) of a market buy, else the ``quantity`` (base) at the ``price`` asked for
    or the last one."""
    product = feed.product
    free = free_for(account, product, side) * percent / 100
    if side == Side.SELL:
        return "quantity", _steps(free, product.base_increment)
    if at_market:
        return "amount", _steps(free, product.quote_increment)
    each = (price or exact(feed.price or 0)) * (1 + account.fee_taker)
    # A hair less: the hold is rounded up.
    return "quantity", _steps((free - Decimal("1e-7")) / each if each else Decimal(0), product.base_increment)


def free_for(account: TradingAccount, product: Product, side: str) -> Decimal:
    """What an order by hand may use: quote that nothing holds, or base bought by hand that nothing offers."""
    if side == Side.SELL:
        return sellable(account, MANUAL, product)
    balance = Balance.objects.filter(account=account, currency=product.quote).first()
    return balance.free if balance else Decimal(0)


def _steps(value: Decimal, increment: Decimal) -> str:
    steps = max((value / increment).to_integral_value(ROUND_DOWN) * increment, Decimal(0))
    return f"{steps.normalize():f}"
