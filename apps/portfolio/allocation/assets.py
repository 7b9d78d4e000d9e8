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
from apps.portfolio.selectors import by_account, last_prices, open_pnl, sum_known

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
    return assets_of([account])[account.pk]


def assets_of(accounts: Sequence[TradingAccount]) -> dict[int, list[Asset]]:
    """By account id, in as many queries as one takes."""
    pricings = {(account.venue, account.currency) for account in accounts}
    markets = {pricing: _market(*pricing) for pricing in pricings}
    balances = by_account(Balance.objects.filter(account__in=accounts).select_related("account"))
    held = by_account(Position.objects.filter(account__in=accounts, closed=None).select_related("product"))
    return {
        account.pk: _assets(balances[account.pk], held[account.pk], markets[account.venue, account.currency])
        for account in accounts
    }


@dataclass(frozen=True)
class Market:
    """What prices the assets of accounts in one currency."""

    currency: str
    prices: dict[str, Decimal]  # by base
    products: dict[str, Product]  # by base


def _market(venue: str, currency: str) -> Market:
    products = {row.base: row for row in Product.objects.filter(venue=venue, quote=currency)}
    return Market(currency, last_prices(venue, currency) | {currency: ONE}, products)


def _assets(balances: Sequence[Balance], positions: Sequence[Position], market: Market) -> list[Asset]:
    kept = [row for row in balances if row.total or row.currency == market.currency]
    held: dict[str, list[Position]] = defaultdict(list)
    for position in positions:
        if position.product.quote == market.currency:
            held[position.product.base].append(position)
    whole = sum_known([_worth(row, market.prices) for row in kept])
    rows = [_asset(row, market.products.get(row.currency), market.prices, whole, held[row.currency]) for row in kept]
    return sorted(rows, key=lambda row: (not row.is_cash, -(row.value or 0), row.currency))


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
