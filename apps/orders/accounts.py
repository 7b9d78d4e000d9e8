"""An account as a decision on it sees it, rebuilt from order, ledger and risk rows: never saved."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

from django.db.models import Count, F

from apps.accounts.connections.live import entry_refusal
from apps.accounts.models import TradingAccount
from apps.ledger.models import Balance, Hold, Position
from apps.ledger.selectors import balances
from apps.markets.models import Feed, MarketSession, Product
from apps.orders.models import Order
from apps.risk.models import DayOpening
from apps.risk.selectors import Standing, limits, standings
from engine.config import RiskLimits
from engine.orders.states import WORKING

NOTHING = Decimal(0)
MINUTE = timedelta(minutes=1)


@dataclass
class AccountState:
    """One locked account between two decisions; ``ordered`` keeps the next one's view true."""

    account: TradingAccount
    limits: RiskLimits
    standing: Standing
    balances: dict[str, Balance]
    prices: dict[str, float]  # by base currency, quote of the account; a missing one makes equity unknown
    positions: list[Position]
    orders: list[Order]
    last: dict[str, Position] = field(default_factory=dict)  # newest closed position by holder
    day_equity: float = float("nan")
    recent: int = 0  # orders decided on in the market's last minute

    @property
    def no_entries(self) -> str:
        """Why the account may have no entries sent now, beside a halt, in words; '' when it may."""
        return self._refusal or too_many(self.recent, self.limits.max_orders)

    @cached_property
    def _refusal(self) -> str:
        return entry_refusal(self.account)

    @property
    def cash(self) -> float:
        balance = self.balances.get(self.account.currency)
        return float(balance.free) if balance else 0.0

    @property
    def equity(self) -> float:
        """Marked to market in the valuation currency; NaN when a price is missing."""
        total = 0.0
        for currency, balance in sorted(self.balances.items()):
            if balance.total:
                price = 1.0 if currency == self.account.currency else self.prices.get(currency, float("nan"))
                total += float(balance.total) * price
        return total

    @property
    def entries(self) -> list[Order]:
        return [order for order in self.orders if order.purpose == Order.Purpose.ENTRY]

    @property
    def exposure(self) -> float:
        """Quote in open positions and in entries that work, at the last prices."""
        held = sum(self._value(position.product, position.quantity) for position in self.positions)
        return held + sum(self._value(order.product, order.remaining) for order in self.entries)

    def _value(self, product: Product, quantity: Decimal) -> float:
        return float(quantity) * self.prices.get(product.base, float("nan"))

    @property
    def places(self) -> int:
        """Positions that are open or about to be."""
        return len(self._places)

    @property
    def _places(self) -> set[tuple[str, int]]:
        held = [(position.holder, position.product_id) for position in self.positions]
        return {*held, *((order.holder, order.product_id) for order in self.entries)}

    def has_place(self, holder: str, product: Product) -> bool:
        return (holder, product.pk) in self._places

    def committed(self, holder: str, product: Product) -> float:
        """Quote that a holder has in a product and in entries that work there, at the last price."""
        rows = [*((row.holder, row.product_id, row.quantity) for row in self.positions),
                *((row.holder, row.product_id, row.remaining) for row in self.entries)]  # fmt: skip
        mine = sum((size for who, what, size in rows if (who, what) == (holder, product.pk)), NOTHING)
        return self._value(product, mine) if mine else 0.0

    def leave_out(self, order: Order) -> None:
        """Sees the account as it is without a working order, which another is to replace."""
        self.orders = [each for each in self.orders if each.pk != order.pk]
        hold = Hold.objects.filter(key=order.client_order_id).first()
        if hold is not None:
            self.balances[hold.currency].held -= hold.amount

    def sellable(self, holder: str, product: Product) -> Decimal:
        """Base of a holder's position that no working sale offers."""
        held = [row.quantity for row in self.positions if (row.holder, row.product_id) == (holder, product.pk)]
        offered = [
            order.remaining
            for order in self.orders
            if (order.holder, order.product_id, order.side) == (holder, product.pk, Order.Side.SELL)
        ]
        return max(sum(held, NOTHING) - sum(offered, NOTHING), NOTHING)

    def ordered(self, order: Order) -> None:
        """An order of this account was just made; a refused one changes nothing."""
        if order.state not in WORKING or order in self.orders:
            return
        self.orders.append(order)
        self.recent += 1
        if order.side == Order.Side.BUY:
            self.balances[order.product.quote].held += order.funds or NOTHING


def account_states(
    accounts: Iterable[TradingAccount], session: MarketSession, time: int, *, write: bool = True
) -> dict[int, AccountState]:
    """The states of accounts at a market time (seconds UTC), read in a handful of queries. With ``write`` (the
    accounts are locked) the day's opening equity is stored when the market day begins."""
    rows = list(accounts)
    standing, policies, money = standings(rows), limits(rows), balances(rows)
    prices = _prices(session.venue)
    states = {
        account.pk: AccountState(
            account=account, limits=policies[account.pk], standing=standing[account.pk], balances=money[account.pk],
            prices=prices.get(account.currency, {}), positions=[], orders=[],
        )
        for account in rows
    }  # fmt: skip
    for position in Position.objects.filter(account__in=rows, closed=None).select_related("product"):
        states[position.account_id].positions.append(position)
    for order in Order.objects.filter(account__in=rows, state__in=WORKING).select_related("product").order_by("pk"):
        states[order.account_id].orders.append(order)
    limited = [state for state in states.values() if state.limits.max_orders]
    counted = recent_orders((state.account.pk for state in limited), time) if limited else {}
    for state in limited:
        state.recent = counted.get(state.account.pk, 0)
    _day_openings(states, session, datetime.fromtimestamp(time, UTC).date(), write)
    return states


def recent_orders(account_ids: Iterable[int], time: int) -> dict[int, int]:
    """How many orders each account decided on in the minute before a market time (seconds UTC); 0 is left out."""
    until = datetime.fromtimestamp(time, UTC)
    made = Order.objects.filter(account__in=list(account_ids), decided__gt=until - MINUTE, decided__lte=until)
    made = made.filter(generation=F("account__generation"))
    return dict(made.order_by().values_list("account").annotate(Count("pk")))


def too_many(recent: int, limit: int) -> str:
    """Words for an account that has made its orders of this minute; '' for one that may make another."""
    made = f"{recent} {'order was' if recent == 1 else 'orders were'} made within a minute"
    return f"{made}, at most {limit} may be" if 0 < limit <= recent else ""


def _prices(venue: str) -> dict[str, dict[str, float]]:
    """Last prices by quote and base currency."""
    prices: dict[str, dict[str, float]] = defaultdict(dict)
    feeds = Feed.objects.filter(product__venue=venue, price__isnull=False)
    for quote, base, price in feeds.values_list("product__quote", "product__base", "price"):
        prices[quote][base] = float(price or 0)
    return prices


def _day_openings(states: dict[int, AccountState], session: MarketSession, day: date, write: bool) -> None:
    """Reads the day's opening equity, and writes it at the first decision of the market day."""
    known = {
        (opening.account_id, opening.generation): opening
        for opening in DayOpening.objects.filter(account__in=states.keys(), session=session.pk, day=day)
    }
    begun = []
    for state in states.values():
        opening = known.get((state.account.pk, state.account.generation))
        if opening is not None:
            state.day_equity = float(opening.equity)
        elif math.isfinite(state.equity):
            state.day_equity = state.equity
            begun.append(
                DayOpening(
                    account=state.account, generation=state.account.generation, session=session.pk, day=day,
                    equity=Decimal(repr(state.equity)),
                )
            )  # fmt: skip
    if write and begun:
        DayOpening.objects.bulk_create(begun)
