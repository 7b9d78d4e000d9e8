"""What an account is worth, now and over time. Unknown is None, never zero."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from django.db.models import Max, QuerySet

from apps.accounts.models import TradingAccount
from apps.ledger.models import Balance, Entry, Position
from apps.markets.models import Feed
from apps.portfolio.models import EquitySnapshot
from apps.risk.models import DayOpening

ZERO = Decimal(0)


@dataclass(frozen=True)
class Equity:
    """Quote amounts of the account's valuation currency; ratios as plain numbers. None = a price is missing."""

    equity: Decimal | None
    cash: Decimal  # total quote, holds included
    free: Decimal
    exposure: Decimal | None
    open_pnl: Decimal | None  # of open positions, after entry fees
    day_open: Decimal | None
    today: Decimal | None
    peak: Decimal | None
    drawdown: Decimal | None  # ratio below the peak, 0 or more


def last_prices(venue: str, currency: str = "USD") -> dict[str, Decimal]:
    """Last price by base currency at a venue, in ``currency`` per base."""
    feeds = Feed.objects.filter(product__venue=venue, product__quote=currency, price__isnull=False)
    feeds = feeds.select_related("product")
    return {feed.product.base: Decimal(repr(feed.price)) for feed in feeds}


def equity(account: TradingAccount) -> Equity:
    """The account marked to market at the last prices of its venue."""
    prices = last_prices(account.venue, account.currency)
    balances = list(Balance.objects.filter(account=account))
    quote = next((balance for balance in balances if balance.currency == account.currency), None)
    total = _total(balances, account.currency, prices)
    positions = list(Position.objects.filter(account=account, closed=None).select_related("product"))
    exposure = sum_known([_value(position, prices) for position in positions])
    opening = day_opening(account)
    peak = snapshots(account).aggregate(peak=Max("equity"))["peak"]
    peak = max((value for value in (peak, total) if value is not None), default=None)
    return Equity(
        equity=total,
        cash=quote.total if quote else ZERO,
        free=quote.free if quote else ZERO,
        exposure=exposure,
        open_pnl=sum_known([open_pnl(position, prices) for position in positions]),
        day_open=opening,
        today=total - opening if total is not None and opening is not None else None,
        peak=peak,
        drawdown=1 - total / peak if total is not None and peak else None,
    )


def snapshots(account: TradingAccount) -> QuerySet[EquitySnapshot]:
    """The equity curve of the account's present generation, oldest first."""
    return EquitySnapshot.objects.filter(account=account, generation=account.generation).order_by("at")


def day_opening(account: TradingAccount) -> Decimal | None:
    """Equity when the market day began; None before the first decision of the day."""
    feed = Feed.objects.filter(product__venue=account.venue).order_by("-position").first()
    if feed is None:
        return None
    day = datetime.fromtimestamp(feed.market_time, UTC).date()
    opening = DayOpening.objects.filter(
        account=account, generation=account.generation, session=feed.session_id, day=day
    ).first()
    return opening.equity if opening else None


def transfers(account: TradingAccount, count: int) -> list[Entry]:
    """The newest deposits, withdrawals and resets."""
    entries = Entry.objects.filter(account=account).exclude(kind=Entry.Kind.FILL)
    return list(entries.prefetch_related("lines").order_by("-seq")[:count])


def open_pnl(position: Position, prices: dict[str, Decimal]) -> Decimal | None:
    """Result so far of an open position in quote: value and sales less purchases and fees."""
    value = _value(position, prices)
    if value is None:
        return None
    return value + position.sold_notional - position.bought_notional - position.fees


def _value(position: Position, prices: dict[str, Decimal]) -> Decimal | None:
    price = prices.get(position.product.base)
    return None if price is None else position.quantity * price


def _total(balances: list[Balance], currency: str, prices: dict[str, Decimal]) -> Decimal | None:
    parts: list[Decimal | None] = []
    for balance in balances:
        if balance.currency == currency:
            parts.append(balance.total)
        elif balance.total:
            price = prices.get(balance.currency)
            parts.append(None if price is None else balance.total * price)
    return sum_known(parts)


def sum_known(parts: Sequence[Decimal | None]) -> Decimal | None:
    """The sum, or None when a part is unknown."""
    if any(part is None for part in parts):
        return None
    return sum((part for part in parts if part is not None), ZERO)
