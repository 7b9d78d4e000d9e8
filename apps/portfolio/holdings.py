"""Open positions as a page shows them: marked to the last price, with what protects them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from django.db.models import QuerySet

from apps.accounts.models import TradingAccount, User
from apps.accounts.selectors import trading_accounts
from apps.ledger.models import Position
from apps.ledger.selectors import positions
from apps.markets.models import Feed, Product
from apps.operations.formats import exact, moment
from apps.orders.models import Order, ProtectionGap
from apps.orders.protection import gaps_open, protected_quantities
from engine.kinds import OrderKind
from engine.orders.states import WORKING


@dataclass(frozen=True)
class Holding:
    """An open position. Amounts in quote; None = unknown."""

    position: Position
    bot_id: int | None
    bot_name: str
    mark: Decimal | None
    market_time: datetime | None
    stop_price: Decimal | None  # of the resting order, else as the signal wished it
    target_price: Decimal | None
    protected: Decimal = Decimal(0)  # base covered by a resting exit, or by a stop that a group watches
    gap: ProtectionGap | None = None  # while a stop is missing

    @property
    def key(self) -> str:
        """Of its live values."""
        return f"pos.{self.position.pk}"

    @cached_property
    def value(self) -> Decimal | None:
        return None if self.mark is None else self.position.quantity * self.mark

    @cached_property
    def pnl(self) -> Decimal | None:
        """What the position would leave if sold at the last price: fees paid so far included, the exit's fee not."""
        if self.value is None:
            return None
        return self.value + self.position.sold_notional - self.position.bought_notional - self.position.fees

    @cached_property
    def pnl_ratio(self) -> Decimal | None:
        return None if self.pnl is None else self.pnl / self.position.bought_notional

    @property
    def stop_distance(self) -> Decimal | None:
        """How far the price is above the stop, as a ratio of the price."""
        return _distance(self.stop_price, self.mark)

    @property
    def target_distance(self) -> Decimal | None:
        return _distance(self.target_price, self.mark)

    @property
    def unprotected(self) -> Decimal:
        """Base that no exit covers although the signal asked for a stop or a target, or a group was to give one."""
        wanted = self.position.stop or self.position.target or self.gap
        return self.position.quantity - self.protected if wanted else Decimal(0)

    @property
    def age(self) -> float | None:
        """Seconds of market time since the entry."""
        return None if self.market_time is None else (self.market_time - self.position.opened).total_seconds()

    @property
    def leaves_at(self) -> datetime | None:
        """Market time at which the longest hold is over."""
        return self.position.opened + timedelta(seconds=self.position.hold) if self.position.hold else None


def _distance(price: Decimal | None, mark: Decimal | None) -> Decimal | None:
    return None if not price or not mark else price / mark - 1


def holdings(user: User) -> list[Holding]:
    """The user's open positions, newest first."""
    return holdings_among(user, _open(positions(user)))


def holdings_of_accounts(accounts: Sequence[TradingAccount]) -> list[Holding]:
    """The open positions of several accounts, of whomever they are."""
    rows = Position.objects.filter(account__in=accounts).select_related("account", "product")
    return _holdings(_open(rows), list(accounts))


def holdings_among(user: User, rows: Sequence[Position]) -> list[Holding]:
    """Some of the user's open positions, in the order given."""
    return _holdings(rows, list(trading_accounts(user).prefetch_related("bots")))


def holdings_of(account: TradingAccount, *, holder: str) -> list[Holding]:
    """The open positions of one bot."""
    mine = Position.objects.filter(account=account, holder=holder).select_related("account", "product")
    return _holdings(_open(mine), [account])


def holdings_in(account: TradingAccount, product: Product) -> list[Holding]:
    """The account's open positions in one market."""
    mine = Position.objects.filter(account=account, product=product).select_related("account", "product")
    return _holdings(_open(mine), [account])


def _open(positions: QuerySet[Position]) -> list[Position]:
    return list(positions.filter(closed=None).order_by("-opened", "-pk"))


def _holdings(rows: Sequence[Position], accounts: list[TradingAccount]) -> list[Holding]:
    feeds = {feed.product_id: feed for feed in Feed.objects.filter(product__in={row.product_id for row in rows})}
    exits = _exits(accounts)
    names, stopped, gaps = holder_names(accounts), protected_quantities(rows), gaps_open(rows)
    found = []
    for row in rows:
        mine = exits[row.account_id, row.holder, row.product_id]
        held = _holding(row, feeds.get(row.product_id), mine, names)
        resting = sum((order.remaining for order in mine), Decimal(0))
        found.append(replace(held, protected=max(resting, stopped[row.pk]), gap=gaps.get(row.pk)))
    return found


def holder_names(accounts: Iterable[TradingAccount]) -> dict[str, tuple[int, str]]:
    """Id and name of each bot of the accounts, by what orders and positions call it."""
    return {bot.holder: (bot.pk, bot.name) for account in accounts for bot in account.bots.all()}


def _exits(accounts: list[TradingAccount]) -> dict[tuple[int, str, int], list[Order]]:
    """The resting stops and targets, by account, holder and product."""
    exits: dict[tuple[int, str, int], list[Order]] = defaultdict(list)
    working = Order.objects.filter(account__in=accounts, side=Order.Side.SELL, state__in=WORKING)
    for order in working.filter(purpose=Order.Purpose.PROTECT):
        exits[order.account_id, order.holder, order.product_id].append(order)
    return exits


def _holding(position: Position, feed: Feed | None, exits: list[Order], names: dict[str, tuple[int, str]]) -> Holding:
    bot_id, bot_name = names.get(position.holder, (None, position.held_by))
    entry = position.entry_price
    # The nearest of each to the price; the limit of a stop-limit is no target.
    stop = max((order.stop_price for order in exits if order.stop_price), default=None)
    targets = [order.limit_price for order in exits if order.limit_price and order.kind != OrderKind.STOP_LIMIT]
    target = min(targets, default=None)
    return Holding(
        position=position,
        bot_id=bot_id,
        bot_name=bot_name,
        mark=exact(feed.price) if feed and feed.price is not None else None,
        market_time=moment(feed.market_time) if feed else None,
        stop_price=stop or (entry * (1 - exact(position.stop)) if position.stop else None),
        target_price=target or (entry * (1 + exact(position.target)) if position.target else None),
    )
