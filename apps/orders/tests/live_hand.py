"""Somebody who trades by hand with real money on a sandbox exchange, whose market the test moves.

The exchange trades first, then the platform hears of the price, as it is with a real one. Workers may die and answers
may be lost meanwhile: ``Weather`` says which.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import numpy as np
from django.utils import timezone

from apps.accounts.models import User
from apps.ledger.holders import MANUAL
from apps.ledger.positions import open_position
from apps.markets.models import Feed
from apps.markets.seconds import seconds_commit
from apps.markets.selectors import market_now
from apps.markets.services import session_open
from apps.operations.venues import SANDBOX
from apps.orders.groups import advance
from apps.orders.groups.creation import group_create
from apps.orders.groups.watching import Watch
from apps.orders.manual import order_edit, order_place
from apps.orders.models import Order, OrderGroup, Reconciled
from apps.orders.recovery import account_tend
from apps.orders.seats import seats
from apps.orders.services import orders_work
from apps.orders.tickets import Ticket
from apps.risk.models import RiskPolicy
from engine.kinds import OrderKind, PlanKind
from engine.orders.states import WORKING
from engine.records import CANDLE
from exchanges.coinbase.trading.exchange import CoinbaseExchange
from exchanges.port import Unavailable, Unknown
from tradingsite.testing.live import LiveVenue
from tradingsite.testing.people import NO_LIMITS
from tradingsite.testing.soak.comparison import compare
from tradingsite.testing.soak.people import Person

PATIENCE = 30.0  # seconds
SETTLING = 10.0  # seconds
DEEDS = ("place", "edit", "cancel", "cancel_many")  # what is said to the exchange


class Killed(BaseException):
    """A worker that dies: nothing may catch it on the way."""


class LiveHand:
    """``ahead``: seconds by which the clock of advanced orders is ahead of the wall's."""

    def __init__(self, venue: LiveVenue, monkeypatch: Any, price: float = 100.0) -> None:
        self.venue, self.exchange, self.ahead, self.number = venue, venue.exchange, 0, 0
        connection = venue.connect()
        self.account, self.product = venue.account(connection), venue.product()
        RiskPolicy.objects.filter(account=self.account).update(**NO_LIMITS)
        now = int(time.time())
        self.session = session_open(
            venue=SANDBOX, title="a test", simulated=False, granularity=1, starts=now - now % 60, ends=now + 86400,
            history={self.product: np.zeros(0, CANDLE)},
        )  # fmt: skip
        self._second, self._watch = now, Watch(SANDBOX)
        monkeypatch.setattr(advance, "market_now", lambda feed, now: market_now(feed, now) + self.ahead)
        self._seen(price)

    @property
    def user(self) -> User:
        return self.account.owner

    def price(self, price: float, volume: str | None = None, *, heard: bool = True) -> None:
        """Moves the market: the exchange trades, then we hear the trade and record its second; unless ``heard``, the
        stream was away and recorded it later."""
        self.exchange.price(price, volume)
        self._seen(price)
        if heard:
            self._watch.reload()
            self._watch.tick(self.product.pk, price, self._second)
            self.work()
        bar = np.array([(self._second, price, price, price, price, 1.0)], CANDLE)
        seconds_commit(self.session, {self.product: bar})
        self.work()

    def hurry(self, seconds: int) -> None:
        """Lets time pass for advanced orders; nothing trades meanwhile."""
        self.ahead += seconds
        self.work()

    def place(self, side: str, kind: OrderKind = OrderKind.MARKET, quantity: str = "1", **fields: Any) -> Order:
        self.number += 1
        exact: dict[str, Any] = {
            name: Decimal(value) if isinstance(value, str) else value for name, value in fields.items()
        }
        order = order_place(
            user=self.user, account=self.account, product=self.product, request=str(self.number),
            ticket=Ticket(side, kind, quantity=Decimal(quantity), **exact),
        )  # fmt: skip
        self.work()
        return order

    def edit(self, order: Order, **changes: str) -> Order:
        self.number += 1
        exact = {name: Decimal(value) for name, value in changes.items()}
        edited = order_edit(user=self.user, order=order, request=str(self.number), **exact)
        self.work()
        return edited

    def group(self, kind: PlanKind, quantity: str = "1", side: str = "sell", **params: Any) -> OrderGroup:
        self.number += 1
        group = group_create(
            user=self.user, account=self.account, product=self.product, kind=kind, request=str(self.number),
            params={"side": side, "quantity": quantity, **params},
        )  # fmt: skip
        self.work()
        return group

    def own(self, quantity: str = "1") -> None:
        self.place("buy", quantity=quantity)
        self.until(lambda: self.held() == Decimal(quantity))

    def held(self) -> Decimal:
        position = open_position(self.account, MANUAL, self.product)
        return position.quantity if position else Decimal(0)

    def work(self) -> None:
        """What a worker does; one that dies is followed by another."""
        for _ in range(50):
            try:
                orders_work(self.account.pk)
            except Killed:
                self._take_over()
            else:
                return

    def until(self, holds: Callable[[], object]) -> None:
        """Works until something holds, as nudges and sweeps do."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, self.told()
            Order.objects.filter(state="pending").update(lease_until=None)  # no need to wait for the next try
            Order.objects.filter(state="cancelling").update(lease_until=timezone.now())
            self.work()
            time.sleep(0.05)

    def rests(self, *wanted: tuple[str, str, str]) -> None:
        """Works until exactly these orders are open at the exchange: kind, quantity that is left, price."""
        self.until(lambda: sorted(self.resting()) == sorted(wanted))

    def resting(self) -> list[tuple[str, str, str]]:
        """Of our orders that are open: kind, quantity that is left, trigger or limit price."""
        rows = Order.objects.filter(account=self.account, state="open").order_by("pk")
        return [
            (OrderKind(row.kind).name.lower(), _plain(row.remaining), _plain(row.stop_price or row.limit_price))
            for row in rows
        ]

    def ends(self, group: OrderGroup) -> str:
        """Works until a group is over, a second a round; its state."""

        def over() -> bool:
            group.refresh_from_db()
            if group.state == "active":
                self.hurry(1)
            return group.state != "active"

        self.until(over)
        return group.state

    def differences(self) -> list[str]:
        """What our books and the exchange's still do not agree on when nothing is on its way and the exchange has had
        the time to show all that it did."""
        busy = [state for state in WORKING if state != "open"]
        self.until(lambda: not Order.objects.filter(state__in=busy).exists())
        deadline = time.monotonic() + SETTLING
        while True:
            Reconciled.objects.filter(account=self.account).update(due=None)
            account_tend(self.account.pk)
            found = compare(self.exchange, [Person("trader", self.user, self.account)]).all
            if not found or time.monotonic() > deadline:
                return found
            self.work()

    def told(self) -> str:
        orders = [f"{row.leg}.{row.attempt} {row} {row.state} {row.message}" for row in Order.objects.order_by("pk")]
        groups = [f"{group} {group.state} {group.message}" for group in OrderGroup.objects.order_by("pk")]
        there = [(row["order_type"], row["status"], row["filled_size"]) for row in self.exchange.orders()]
        return "\n".join(["", *orders, *groups, *map(str, there)])

    def _seen(self, price: float) -> None:
        self._second = max(int(time.time()) + self.ahead, self._second + 1)
        now = timezone.now()
        Feed.objects.filter(product=self.product).update(
            price=price, market_time=int(time.time()), updated=now, heard=now
        )

    def _take_over(self) -> None:
        """What was claimed is free when its lease is over, and another worker sits down."""
        seats.leave()
        Order.objects.filter(state__in=["submitting", "cancelling"]).update(lease_until=timezone.now())


@contextmanager
def dying(monkeypatch: Any, every: int = 2) -> Iterator[None]:
    """Workers die after every so many things that they say to the exchange, before they hear the answer."""
    said = 0

    def fatal(name: str) -> Callable[..., Any]:
        real = getattr(CoinbaseExchange, name)

        def call(*args: Any, **options: Any) -> Any:
            nonlocal said
            said += 1
            try:
                return real(*args, **options)
            except (Unavailable, Unknown):
                raise
            finally:
                if said % every == 0:
                    raise Killed

        return call

    with monkeypatch.context() as patched:
        for name in DEEDS:
            patched.setattr(CoinbaseExchange, name, fatal(name))
        yield


def _plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"
