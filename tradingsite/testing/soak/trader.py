"""Who trades in a soak: people with live accounts, and a hand that places, edits and cancels orders of every kind."""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import count
from json import dumps

from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.accounts.connections.live import SURE, live_begin
from apps.accounts.connections.services import connection_add
from apps.accounts.models import TradingAccount, User
from apps.ledger.holders import MANUAL
from apps.ledger.positions import open_position
from apps.markets.models import Feed, Product
from apps.orders.groups.creation import group_create
from apps.orders.groups.endings import group_cancel
from apps.orders.manual import order_edit, order_place
from apps.orders.models import Order, OrderGroup
from apps.orders.services import order_cancel, orders_cancel_all
from apps.orders.tickets import Ticket
from apps.risk.models import RiskPolicy
from engine.kinds import OrderKind, TimeInForce
from engine.orders.states import WORKING, OrderState
from sandbox.testing import Sandbox
from tradingsite.testing.people import NO_LIMITS
from tradingsite.testing.signing import with_app
from tradingsite.testing.soak.plans import plan_of

OWNED = {"USD": "1000000", "BTC": "1"}
SHARES = {"buy": 10, "limit": 10, "sell": 6, "protect": 6, "edit": 4, "cancel": 6, "all": 0.3, "plan": 8, "stop": 2}
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Person:
    name: str  # at the exchange
    user: User
    account: TradingAccount


def person_join(exchange: Sandbox, number: int) -> Person:
    """A user of the platform whose live account is that of a user of the exchange."""
    name = f"soak-{number}"
    for currency, amount in OWNED.items():
        exchange.deposit(currency, amount, name)
    user = User.objects.create_user(f"{name}@example.org")
    with_app(user)
    connection = connection_add(user=user, label="Soak", text=dumps(exchange.key(user=name)))
    live_begin(connection=connection, by=user, sure=SURE)
    account = TradingAccount.objects.get(connection=connection)
    RiskPolicy.objects.filter(account=account).update(**NO_LIMITS)
    return Person(name, user, account)


class Hand:
    """Acts by the dice. ``deeds``: what was done, by kind; ``refused``: what the platform did not take."""

    def __init__(self, people: list[Person], seed: int) -> None:
        self.people, self.deeds, self.refused = people, Counter[str](), Counter[str]()
        self._dice = random.Random(seed)
        self._numbers = count(1)
        self._seed = seed

    def act(self) -> None:
        """One deed of one person."""
        person = self._dice.choice(self.people)
        deed = self._dice.choices(list(SHARES), list(SHARES.values()))[0]
        try:
            done = getattr(self, f"_{deed}")(person)
        except ValidationError as error:
            self.refused["; ".join(sorted(error.message_dict))] += 1
        else:
            if done:
                self.deeds[done] += 1

    def _buy(self, person: Person) -> str:
        feed = self._feed()
        if self._dice.random() < 0.5:
            return self._place(person, feed.product, Ticket("buy", amount=self._money()))
        return self._place(person, feed.product, Ticket("buy", quantity=self._lot(feed)))

    def _limit(self, person: Person) -> str:
        """Near the market, on either side of it."""
        feed = self._feed()
        side = "sell" if self._has(person, feed.product) and self._dice.random() < 0.4 else "buy"
        force = self._dice.choice([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.GTD, TimeInForce.IOC, TimeInForce.FOK])
        rests = force in (TimeInForce.GTC, TimeInForce.GTD)
        ticket = Ticket(
            side, OrderKind.LIMIT, quantity=self._lot(feed, person, side), limit_price=self._near(feed, 0.002),
            time_in_force=force, post_only=rests and self._dice.random() < 0.3,
            expires=timezone.now() + timedelta(seconds=self._dice.uniform(5, 60)) if force == TimeInForce.GTD else None,
        )  # fmt: skip
        return self._place(person, feed.product, ticket)

    def _sell(self, person: Person) -> str:
        feed = self._feed()
        return self._place(person, feed.product, Ticket("sell", quantity=self._lot(feed, person, "sell")))

    def _protect(self, person: Person) -> str:
        """A stop, a stop with a limit, or a bracket."""
        feed = self._feed()
        kind = self._dice.choice([OrderKind.STOP, OrderKind.STOP_LIMIT, OrderKind.BRACKET])
        price = Decimal(repr(feed.price))
        stop = price * Decimal(repr(1 - self._dice.uniform(0.0003, 0.003)))
        limits = {OrderKind.STOP_LIMIT: stop * Decimal("0.999"), OrderKind.BRACKET: price * Decimal("1.002")}
        ticket = Ticket(
            "sell", kind, quantity=self._lot(feed, person, "sell"), stop_price=stop, limit_price=limits.get(kind)
        )
        return self._place(person, feed.product, ticket)

    def _edit(self, person: Person) -> str:
        order = self._working(person, kind=OrderKind.LIMIT, state=OrderState.OPEN)
        if order is None:
            return ""
        feed = Feed.objects.get(product=order.product)
        order_edit(user=person.user, order=order, request=self._request(), limit_price=self._near(feed, 0.003))
        return "edit"

    def _cancel(self, person: Person) -> str:
        order = self._working(person)
        if order is None:
            return ""
        order_cancel(order=order, user=person.user)
        return "cancel"

    def _all(self, person: Person) -> str:
        orders_cancel_all(account_id=person.account.pk, why="by hand")
        return "cancel all"

    def _plan(self, person: Person) -> str:
        """An advanced order, which makes orders of its own as the market goes on."""
        feed = self._feed()
        price = Decimal(repr(feed.price))
        kind, params = plan_of(self._dice, price, self._lot(feed), self._has(person, feed.product))
        group_create(
            user=person.user, account=person.account, product=feed.product, kind=kind, params=params,
            request=self._request(),
        )  # fmt: skip
        return f"{kind.name.lower()} {params['side']}"

    def _stop(self, person: Person) -> str:
        groups = list(OrderGroup.objects.filter(account=person.account, state="active", stopping=False).order_by("pk"))
        if not groups:
            return ""
        group_cancel(user=person.user, group=self._dice.choice(groups))
        return "stop of a plan"

    def _place(self, person: Person, product: Product, ticket: Ticket) -> str:
        order_place(user=person.user, account=person.account, product=product, ticket=ticket, request=self._request())
        extra = " post-only" if ticket.post_only else ""
        force = f" {ticket.time_in_force.name}" if ticket.kind == OrderKind.LIMIT else ""
        return f"{ticket.kind.name.lower().replace('_', '-')} {ticket.side}{force}{extra}"

    def _request(self) -> str:
        return f"soak/{self._seed}/{next(self._numbers)}"

    def _feed(self) -> Feed:
        feeds = Feed.objects.filter(product__venue=self.people[0].account.venue, price__isnull=False)
        feeds = feeds.filter(product__symbol__in=["BTC-USD", "ETH-USD", "SOL-USD"]).select_related("product")
        found = list(feeds.order_by("product__symbol"))
        if not found:
            raise ValidationError({"market": "must have a price"})
        return self._dice.choice(found)

    def _working(self, person: Person, **which: object) -> Order | None:
        orders = Order.objects.filter(account=person.account, state__in=WORKING, **which).order_by("pk")
        rows = list(orders[:50])
        return self._dice.choice(rows) if rows else None

    def _has(self, person: Person, product: Product) -> Decimal:
        position = open_position(person.account, MANUAL, product)
        return position.quantity if position else Decimal(0)

    def _lot(self, feed: Feed, person: Person | None = None, side: str = "buy") -> Decimal:
        """Worth some ten or hundred USD; a sale offers a part of what there is."""
        if side == "sell" and person is not None:
            return self._has(person, feed.product) * Decimal(repr(round(self._dice.uniform(0.1, 0.6), 3)))
        return self._money() / Decimal(repr(feed.price))

    def _money(self) -> Decimal:
        return Decimal(repr(round(self._dice.uniform(20, 800), 2)))

    def _near(self, feed: Feed, width: float) -> Decimal:
        return Decimal(repr(feed.price)) * Decimal(repr(1 + self._dice.uniform(-width, width)))
