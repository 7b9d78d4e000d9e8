"""What an account consists of: each currency with its worth, its share, and what open orders lock of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.accounts.models import TradingAccount
from apps.ledger.models import Balance, Hold, Position
from apps.markets.models import Product
from apps.operations.formats import places_of
from apps.orders.models import Order
from apps.portfolio.holdings import holder_names
from apps.portfolio.selectors import last_prices, open_pnl, sum_known

DUST = Decimal(1)  # of the valuation currency; a balance worth less is dust
ONE = Decimal(1)
CENTS, FINEST = 2, 8  # decimals of cash, and of what no market here prices


@dataclass(frozen=True)
class Lock:
    """What one working order keeps of a balance."""

    order: Order
    bot: tuple[int, str] | None  # id and name
    amount: Decimal


@dataclass(frozen=True)
class Asset:
    """A balance. Price, value, cost and result in the account's currency; None = unknown or undefined."""

    currency: str
    total: Decimal
    available: Decimal
    locked: Decimal
    price: Decimal | None
    value: Decimal | None
    share: Decimal | None  # of the account's worth, 0..1
    cost: Decimal | None  # average price paid for what open positions hold
    unrealised: Decimal | None  # of those positions, after the fees paid so far
    is_cash: bool
    product: Product | None  # the market that prices it

    @property
    def key(self) -> str:
        """Of its live values."""
        return f"asset.{self.currency}"

    @property
    def places(self) -> int:
        """Decimals of its amounts."""
        return places_of(self.product.base_increment) if self.product else CENTS if self.is_cash else FINEST

    @property
    def is_dust(self) -> bool:
        return not self.is_cash and self.value is not None and self.value < DUST


def assets(account: TradingAccount) -> list[Asset]:
    """The account's balances, cash first, then by worth. Shares are unknown as long as one worth is."""
    prices = last_prices(account.venue, account.currency) | {account.currency: ONE}
    balances = [
        row
        for row in Balance.objects.filter(account=account).select_related("account")
        if row.total or row.currency == account.currency
    ]
    held = _positions(account)
    whole = sum_known([_worth(row, prices) for row in balances])
    markets = {row.base: row for row in Product.objects.filter(venue=account.venue, quote=account.currency)}
    rows = [_asset(row, markets.get(row.currency), prices, whole, held[row.currency]) for row in balances]
    return sorted(rows, key=lambda row: (not row.is_cash, -(row.value or 0), row.currency))


def _positions(account: TradingAccount) -> dict[str, list[Position]]:
    """Open positions by what they hold, as far as they were paid for in the account's currency."""
    rows = Position.objects.filter(account=account, closed=None, product__quote=account.currency)
    found: dict[str, list[Position]] = defaultdict(list)
    for row in rows.select_related("product"):
        found[row.product.base].append(row)
    return found


def _worth(balance: Balance, prices: dict[str, Decimal]) -> Decimal | None:
    price = prices.get(balance.currency)
    return None if price is None else balance.total * price


def _asset(
    balance: Balance,
    market: Product | None,
    prices: dict[str, Decimal],
    whole: Decimal | None,
    held: Sequence[Position],
) -> Asset:
    is_cash = balance.currency == balance.account.currency
    value = _worth(balance, prices)
    quantity = sum((row.quantity for row in held), Decimal(0))
    return Asset(
        currency=balance.currency,
        total=balance.total,
        available=balance.free,
        locked=balance.held,
        price=None if is_cash else prices.get(balance.currency),
        value=value,
        share=value / whole if value is not None and whole else None,
        cost=sum((row.entry_price * row.quantity for row in held), Decimal(0)) / quantity if quantity else None,
        unrealised=sum_known([open_pnl(row, prices) for row in held]) if held else None,
        is_cash=is_cash,
        product=market,
    )


def locks(account: TradingAccount) -> dict[str, list[Lock]]:
    """By currency, which working orders lock how much, the largest first."""
    holds = Hold.objects.filter(account=account, amount__gt=0)
    amounts = {hold.key: hold for hold in holds}
    orders = Order.objects.filter(account=account, client_order_id__in=amounts).select_related("product")
    names = holder_names([account])
    found: dict[str, list[Lock]] = defaultdict(list)
    for order in orders:
        hold = amounts[order.client_order_id]
        found[hold.currency].append(Lock(order, names.get(order.holder), hold.amount))
    return {currency: sorted(rows, key=lambda row: -row.amount) for currency, rows in found.items()}


@dataclass(frozen=True)
class Segment:
    """A stretch of the allocation bar, in thousandths of its width."""

    asset: Asset
    number: int  # of its colour
    start: float
    width: float


COLOURS = 7


def segments(rows: Iterable[Asset]) -> list[Segment]:
    """The bar from left to right; empty while a share is unknown or nothing is there."""
    found, start = [], 0.0
    for number, asset in enumerate(rows):
        if asset.share is None:
            return []
        width = float(asset.share) * 1000
        if width:
            found.append(Segment(asset, min(number, COLOURS - 1), round(start, 2), round(width, 2)))
        start += width
    return found
