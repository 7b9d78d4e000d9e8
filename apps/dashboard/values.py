"""The live values of a user's pages: name, text, tone. Formatted here, so that no page rounds anything itself."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from apps.accounts.models import TradingAccount, User
from apps.accounts.selectors import trading_accounts
from apps.dashboard.frames import Value
from apps.markets.models import Feed, MarketSession, Product
from apps.operations.formats import moment, money, percent, price, span, tone, utc_clock
from apps.portfolio.allocation.assets import Asset, assets_of
from apps.portfolio.holdings import Holding, holdings_of_accounts
from apps.portfolio.results import NOTHING, Result, results
from apps.portfolio.selectors import Equity, equities

PATIENCE = 10.0  # seconds without an event after which a market counts as silent, when its bars are that short
BAR = 60.0  # market seconds


@dataclass
class Venue:
    """A market as it is heard."""

    products: dict[int, Product]
    heard: float  # wall time of the last event, of a live market of the last sign that it is whole; seconds
    patience: float
    live: bool = False
    opened: float = field(default_factory=time.time)  # wall time

    def age(self) -> int | None:
        """Seconds since the last event while that is too long, else None. A market that was never heard of is as old
        as the page."""
        passed = time.time() - (self.heard or self.opened)
        return int(passed) if passed > self.patience else None


def venue_names(user: User) -> list[str]:
    """Of the user's accounts."""
    return sorted(set(trading_accounts(user).values_list("venue", flat=True)))


def venue_read(name: str) -> Venue:
    """As it stands now."""
    products = {product.pk: product for product in Product.objects.filter(venue=name)}
    session = MarketSession.objects.filter(venue=name, closed=None).first()
    speed = session.speed if session and session.speed else BAR
    live = session is not None and not session.simulated
    return Venue(products, _heard(products), PATIENCE if live else max(PATIENCE, 2 * BAR / speed), live)


def _heard(products: Iterable[int]) -> float:
    feeds = Feed.objects.filter(product__in=products, updated__isnull=False).values_list("heard", "updated")
    return max(((heard or updated).timestamp() for heard, updated in feeds if updated), default=0.0)


def age_values(found: Iterable[Venue]) -> Iterator[Value]:
    """How old the live market's data is."""
    for venue in found:
        if venue.live:
            yield "market.age", span(time.time() - venue.heard if venue.heard else None), ""


def price_values(venue: Venue, message: dict[str, Any]) -> Iterator[Value]:
    """Of a price event (see apps.operations.hints); nothing when the product trades elsewhere."""
    product = venue.products.get(message["product_id"])
    if product is None:
        return
    if not venue.live:
        venue.heard = time.time()
    yield f"price.{product.pk}", price(message["price"], product.quote_increment), ""
    yield "market.time", utc_clock(moment(message["time"])), ""


@dataclass(frozen=True)
class Figures:
    """What a user's pages show; ``moves``: it changes with the price, because something is held."""

    values: list[Value]
    moves: bool


def user_figures(user: User) -> Figures:
    """Equity and results of the user's first account, open positions and bots of all."""
    return figures_of([user.pk])[user.pk]


def figures_of(users: Sequence[int]) -> dict[int, Figures]:
    """By user id, in as many queries as one takes."""
    accounts = list(TradingAccount.objects.filter(owner__in=users).prefetch_related("bots"))
    mine: dict[int, list[TradingAccount]] = defaultdict(list)
    for account in accounts:
        mine[account.owner_id].append(account)
    held: dict[int, list[Holding]] = defaultdict(list)
    for holding in holdings_of_accounts(accounts):
        held[holding.position.account.owner_id].append(holding)
    first = [owned[0] for owned in mine.values()]
    worth, owns, made = equities(first), assets_of(first), results(accounts)
    found = {}
    for user in users:
        values: list[Value] = []
        if mine[user]:
            account = mine[user][0]
            values += _account_values(account, worth[account.pk])
            values += _asset_values(account, owns[account.pk])
        for holding in held[user]:
            values += _holding_values(holding)
        values += _bot_values(mine[user], held[user], made)
        found[user] = Figures(values, bool(held[user]))
    return found


def _account_values(account: TradingAccount, now: Equity) -> Iterator[Value]:
    currency = account.currency
    yield "equity", money(now.equity, currency), ""
    yield "free", money(now.free, currency), ""
    yield "exposure", money(now.exposure, currency), ""
    yield "drawdown", percent(now.drawdown), ""
    yield "today", money(now.today, currency, sign=True), tone(now.today)
    yield "open_pnl", money(now.open_pnl, currency, sign=True), tone(now.open_pnl)
    ratio = now.today / now.day_open if now.today is not None and now.day_open else None
    yield "today.ratio", percent(ratio, sign=True), tone(ratio, 4)


def _asset_values(account: TradingAccount, assets: Iterable[Asset]) -> Iterator[Value]:
    for asset in assets:
        yield f"{asset.key}.value", money(asset.value, account.currency), ""
        yield f"{asset.key}.share", percent(asset.share), ""
        if asset.unrealised is not None:
            yield f"{asset.key}.pnl", money(asset.unrealised, account.currency, sign=True), tone(asset.unrealised)


def _holding_values(holding: Holding) -> Iterator[Value]:
    key, product = holding.key, holding.position.product
    yield f"{key}.mark", price(holding.mark, product.quote_increment), ""
    yield f"{key}.value", money(holding.value, product.quote), ""
    yield f"{key}.pnl", money(holding.pnl, product.quote, sign=True), tone(holding.pnl)
    yield f"{key}.ratio", percent(holding.pnl_ratio, sign=True), tone(holding.pnl_ratio, 4)
    yield f"{key}.stop", percent(holding.stop_distance, sign=True), ""
    yield f"{key}.target", percent(holding.target_distance, sign=True), ""


def _bot_values(
    accounts: list[TradingAccount], open_positions: list[Holding], made: dict[tuple[int, str], Result]
) -> Iterator[Value]:
    """Open and total result of each bot; unknown while a price is."""
    parts: dict[tuple[int, str], list[Decimal | None]] = defaultdict(list)
    for holding in open_positions:
        parts[holding.position.account_id, holding.position.holder].append(holding.pnl)
    for account in accounts:
        for bot in account.bots.all():
            pending = parts[account.pk, bot.holder]
            unrealised = None if None in pending else sum((part for part in pending if part is not None), Decimal(0))
            closed = made.get((account.pk, bot.holder), NOTHING).pnl
            total = None if unrealised is None else closed + unrealised
            yield f"bot.{bot.pk}.open", money(unrealised, account.currency, sign=True), tone(unrealised)
            yield f"bot.{bot.pk}.total", money(total, account.currency, sign=True), tone(total)
