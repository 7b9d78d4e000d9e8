"""A hand that places, edits and cancels orders of every kind, by the dice."""

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import count

from django.db import connections
from django.db.models import QuerySet

from apps.ledger.holders import MANUAL
from apps.ledger.models import Position
from apps.markets.models import Feed, Product
from apps.orders.models import Order, OrderGroup
from apps.orders.tickets import Ticket
from engine.kinds import OrderKind
from engine.orders.states import WORKING, OrderState
from tradingsite.testing.soak.desks import ApiDesk, Desk, Refused, ServiceDesk
from tradingsite.testing.soak.people import Person
from tradingsite.testing.soak.tickets import Wish

SHARES = {
    "buy": 12, "limit": 12, "sell": 4, "protect": 7, "plan": 10, "edit": 6, "cancel": 5, "several": 1, "all": 0.3,
    "stop": 3,
}  # fmt: skip
ON_THE_WAY = (OrderState.PENDING, OrderState.SUBMITTING, OrderState.UNKNOWN)
MOST = 12  # orders of a person on their way before they wait; so a slow machine is not flooded
CROWDED = 40  # resting orders of a person, who then cancels some
LOOK = 0.2  # seconds
PRODUCTS = ("BTC-USD", "ETH-USD", "SOL-USD")


class Hand:
    """Acts for one person, in a thread of its own. ``deeds``: what was done, by kind; ``refused``: what the platform
    did not take, by field; ``orders`` and ``groups``: ids of what it was promised."""

    def __init__(self, person: Person, seed: int, root: str) -> None:
        self.person, self.deeds, self.refused = person, Counter[str](), Counter[str]()
        self.orders, self.groups, self.failures = list[int](), list[int](), list[str]()
        self.api = ApiDesk(person, root)
        self._services = ServiceDesk(person)
        self._dice = random.Random(f"{seed}/{person.name}")
        self._names = (f"soak/{seed}/{number}" for number in count(1))

    def work(self, stopping: threading.Event, pace: float) -> None:
        """Acts until told to stop, ``pace`` deeds a second at most; what breaks is noted as a failure."""
        try:
            while not stopping.wait(self._dice.uniform(0, 2 / pace)):
                if self._working(state__in=ON_THE_WAY).count() < MOST:
                    self.act()
                else:
                    stopping.wait(LOOK)
        except Exception as error:  # noqa: BLE001  (a thread has nobody to raise it to: the verdict tells it)
            self.failures.append(f"{self.person.name}: {type(error).__name__}: {error}")
        finally:
            connections.close_all()

    def act(self) -> None:
        """One deed."""
        desk: Desk = self.api if self._dice.random() < 0.5 else self._services
        deed = self._dice.choices(list(SHARES), list(SHARES.values()))[0]
        if self._working(state=OrderState.OPEN).count() > CROWDED:
            deed = "several"
        try:
            done = getattr(self, f"_{deed}")(desk)
        except Refused as refused:
            self.refused[", ".join(map(str, refused.args))] += 1
        else:
            if done:
                self.deeds[done] += 1

    def _buy(self, desk: Desk) -> str:
        wish = self._wish()
        return self._place(desk, wish.feed.product, wish.buy())

    def _limit(self, desk: Desk) -> str:
        wish = self._wish()
        return self._place(desk, wish.feed.product, wish.limit())

    def _sell(self, desk: Desk) -> str:
        wish = self._wish(sells=True)
        return self._place(desk, wish.feed.product, wish.sell() if wish.has else wish.buy())

    def _protect(self, desk: Desk) -> str:
        wish = self._wish(sells=True)
        return self._place(desk, wish.feed.product, wish.protect() if wish.has else wish.buy())

    def _plan(self, desk: Desk) -> str:
        wish = self._wish()
        kind, params = wish.plan()
        self.groups.append(desk.plan(wish.feed.product, kind, params, next(self._names)))
        return f"{kind.name.lower()} {params['side']}"

    def _edit(self, desk: Desk) -> str:
        """Another price of a limit, another trigger of a stop, or another size."""
        chosen = self._chosen(kind__in=[OrderKind.LIMIT, OrderKind.STOP], state=OrderState.OPEN, group=None)
        if not chosen:
            return ""
        order = chosen[0]
        wish = self._wish(order.product)
        if order.kind == OrderKind.STOP:
            changes = {"stop_price": wish.stop()}
        elif self._dice.random() < 0.3:
            changes = {"quantity": order.quantity * self._dice.choice([1, 3]) / 2}
        else:
            changes = {"limit_price": wish.near(0.003)}
        edited = desk.edit(order, changes, next(self._names))
        if edited != order.pk:  # where it rests, the exchange changed it: no new row was promised
            self.orders.append(edited)
        return f"edit of the {next(iter(changes)).replace('_', ' ')}"

    def _cancel(self, desk: Desk) -> str:
        chosen = self._chosen()
        if chosen:
            desk.cancel(chosen[0])
        return "cancel" if chosen else ""

    def _several(self, desk: Desk) -> str:
        chosen = self._chosen(self._dice.randint(2, 12))
        if chosen:
            desk.cancel_several(chosen)
        return "cancel of several" if chosen else ""

    def _all(self, desk: Desk) -> str:
        desk.cancel_all()
        return "cancel of all"

    def _stop(self, desk: Desk) -> str:
        groups = OrderGroup.objects.filter(account=self.person.account, state="active", stopping=False)
        found = list(groups.order_by("pk"))
        if found:
            desk.stop(self._dice.choice(found))
        return "stop of a plan" if found else ""

    def _place(self, desk: Desk, product: Product, ticket: Ticket) -> str:
        self.orders.append(desk.place(product, ticket, next(self._names)))
        extra = " post-only" if ticket.post_only else ""
        force = f" {ticket.time_in_force.name}" if ticket.kind == OrderKind.LIMIT else ""
        return f"{ticket.kind.name.lower().replace('_', '-')} {ticket.side}{force}{extra}"

    def _wish(self, product: Product | None = None, *, sells: bool = False) -> Wish:
        """Some market; of somebody who wants to sell one where they have coins, if there is any."""
        held = Position.objects.filter(account=self.person.account, holder=MANUAL, closed=None)
        coins = {position.product_id: position.quantity for position in held}
        feeds = Feed.objects.filter(product__venue=self.person.account.venue, product__symbol__in=PRODUCTS)
        found = list(feeds.select_related("product").order_by("product__symbol"))
        if product is not None:
            found = [feed for feed in found if feed.product_id == product.pk]
        if sells and coins:
            found = [feed for feed in found if feed.product_id in coins]
        feed = self._dice.choice(found)
        return Wish(self._dice, feed, coins.get(feed.product_id, Decimal(0)))

    def _working(self, **which: object) -> QuerySet[Order]:
        return Order.objects.filter(account=self.person.account, state__in=WORKING).filter(**which)

    def _chosen(self, most: int = 1, **which: object) -> Sequence[Order]:
        """Up to so many of the orders that work, drawn."""
        rows = list(self._working(**which).select_related("product").order_by("pk")[:60])
        return self._dice.sample(rows, min(most, len(rows)))


@contextmanager
def hands_at_work(hands: Sequence[Hand], pace: float) -> Iterator[None]:
    """All of them act for as long as the block lasts, each in its thread."""
    stopping = threading.Event()
    threads = [threading.Thread(target=hand.work, args=[stopping, pace], name=hand.person.name) for hand in hands]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
