"""How much of its limits an account uses, measured as the core measures it before an entry."""

from decimal import Decimal

from django.utils import timezone

from apps.accounts.models import TradingAccount
from apps.ledger.models import Position
from apps.markets.models import Feed
from apps.markets.selectors import feed_age, market_now
from apps.orders.accounts import recent_orders
from apps.orders.models import Order
from apps.portfolio.selectors import ZERO, equity, last_prices
from apps.risk.registry import Usage
from engine.orders.states import WORKING


def usage(account: TradingAccount) -> Usage:
    """Of this moment, at the last prices."""
    now = equity(account)
    prices = last_prices(account.venue, account.currency)
    positions = list(Position.objects.filter(account=account, closed=None).select_related("product"))
    working = Order.objects.filter(account=account, state__in=WORKING, purpose=Order.Purpose.ENTRY)
    entries = list(working.select_related("product"))
    held = [_value(position.quantity, prices.get(position.product.base)) for position in positions]
    coming = [_value(entry.remaining, prices.get(entry.product.base)) for entry in entries]
    places = {(row.holder, row.product_id) for row in positions} | {(row.holder, row.product_id) for row in entries}
    lost = None if now.today is None else max(-now.today, ZERO)
    return Usage(
        positions=len(places),
        largest=_share(max(_known(held), default=ZERO) if None not in held else None, now.equity),
        exposure=_share(sum(_known(held + coming), ZERO) if None not in held + coming else None, now.equity),
        loss=lost,
        loss_ratio=_share(lost, now.day_open),
        age=_age(account),
        orders=_recent(account),
    )


def _known(parts: list[Decimal | None]) -> list[Decimal]:
    return [part for part in parts if part is not None]


def _value(quantity: Decimal, price: Decimal | None) -> Decimal | None:
    return None if price is None else quantity * price


def _share(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return None if part is None or not whole else part / whole


def _age(account: TradingAccount) -> float | None:
    """Of the market that was heard last."""
    now = timezone.now()
    feeds = Feed.objects.filter(product__venue=account.venue).select_related("session")
    return min((age for age in (feed_age(feed, now) for feed in feeds) if age is not None), default=None)


def _recent(account: TradingAccount) -> int:
    """Orders of the last minute of the market that is furthest: each goes at its own pace."""
    now = timezone.now()
    feeds = Feed.objects.filter(product__venue=account.venue).select_related("session")
    latest = max((market_now(feed, now) for feed in feeds), default=0)
    return recent_orders([account.pk], latest).get(account.pk, 0)
