"""The platform's processes and the exchange, played with and killed, then held against each other."""

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import redis
from django.core.exceptions import ValidationError

from apps.accounts.connections.services import connection_check
from apps.accounts.models import ExchangeConnection
from apps.markets.models import Feed
from apps.orders.groups.endings import groups_cancel
from apps.orders.models import Difference, Order, OrderGroup, Reconciled
from apps.orders.reconciliation.decisions import never_placed
from apps.orders.services import orders_cancel_all
from engine.orders.states import WORKING, OrderState
from exchanges.port import Unavailable
from tradingsite.launcher.services import Services
from tradingsite.testing.ordeals.installation import kill_redis
from tradingsite.testing.ordeals.processes import Processes
from tradingsite.testing.soak.comparison import Verdict, compare
from tradingsite.testing.soak.exchange import SoakExchange
from tradingsite.testing.soak.faults import fault_rules, lags
from tradingsite.testing.soak.people import Person, person_join
from tradingsite.testing.soak.trader import PRODUCTS, Hand, hands_at_work

KILLED = {"worker": 4, "stream": 2, "clock": 1, "web": 2, "exchange": 2, "redis": 1, "redis emptied": 2}  # shares
SPELL = 30.0  # seconds after which other faults come
PATIENCE = 300.0  # seconds for prices to come, and for everything to settle
FIND, LOOK = 0.25, 5.0


@dataclass(frozen=True)
class Course:
    """How long it goes: until so many ``seconds`` or ``orders`` at the exchange, whichever comes first. ``pace``: deeds
    of a person a second, at most; ``kill_every``: seconds, on average; 0: never. ``breath``: so many orders reach the
    exchange between two kills, however slow the machine. ``slow``: some answers come late."""

    seconds: float
    orders: int = 10**9
    pace: float = 1.0
    kill_every: float = 30.0
    breath: int = 0
    slow: bool = True


@dataclass
class Soak:
    """``strikes``: what was killed or emptied, how often."""

    processes: Processes
    exchange: SoakExchange
    services: Services
    redis_url: str
    site: str
    seed: int
    people: list[Person] = field(default_factory=list)
    hands: list[Hand] = field(default_factory=list)
    strikes: Counter[str] = field(default_factory=Counter)
    decided: int = 0  # orders that somebody declared as never placed
    looked: int = 0  # keys that somebody checked again
    spell: int = 0

    def begin(self, accounts: int) -> None:
        """Starts everything, and lets people join before anything goes wrong."""
        self.exchange.start()
        self.people = [person_join(self.exchange, number) for number in range(1, accounts + 1)]
        self.hands = [Hand(person, self.seed, self.site) for person in self.people]
        self.processes.start_missing()
        deadline = time.monotonic() + PATIENCE
        while Feed.objects.filter(product__symbol__in=PRODUCTS, price__isnull=False).count() < len(PRODUCTS):
            assert time.monotonic() < deadline, f"prices must come:\n{self.processes.tail('stream')}"
            time.sleep(FIND)

    def play(self, course: Course) -> None:
        """Deeds of people while things go wrong."""
        dice = random.Random(self.seed)
        now = time.monotonic()
        ends, strike_at, spell_at, look_at = now + course.seconds, now + course.kill_every / 2, now, now
        placed, struck = 0, 0
        with hands_at_work(self.hands, course.pace):
            while now < ends and placed < course.orders:
                if now >= spell_at:
                    self.spell, spell_at = self.spell + 1, now + SPELL
                    self._spoil(slow=course.slow)
                if course.kill_every and now >= strike_at and placed >= struck + course.breath:
                    struck = placed
                    self._strike(dice.choices(list(KILLED), list(KILLED.values()))[0], slow=course.slow)
                    strike_at = time.monotonic() + dice.uniform(0.3, 1.7) * course.kill_every
                if now >= look_at:
                    look_at = now + LOOK
                    self._tend()
                self.processes.revive()
                if self.exchange.revive():
                    self._spoil(slow=course.slow, crash=False)
                time.sleep(FIND)
                now, placed = time.monotonic(), self._placed()

    def settle(self) -> Verdict:
        """Quiet: no faults, no deeds, every order cancelled. The verdict when both books agree, or the last one."""
        self.exchange.count()
        self.exchange.mend()
        self.exchange.settings(clock_skew=0, **dict.fromkeys(lags(self.seed), 0))
        deadline = time.monotonic() + PATIENCE
        while True:
            self.processes.revive()
            self._tend()
            for person in self.people:
                groups_cancel(user=person.user, groups=OrderGroup.objects.filter(account=person.account))
                orders_cancel_all(account_id=person.account.pk, why="the soak ends")
            if not _unfinished():
                Reconciled.objects.update(due=None)
                time.sleep(LOOK)
                self._tend()
            late = time.monotonic() > deadline
            if late or (not _unfinished() and compare(self.exchange, self.people).clean):
                verdict = compare(self.exchange, self.people, self.hands)
                verdict.different += _unfinished()
                return verdict
            time.sleep(1)

    def _placed(self) -> int:
        return Order.objects.exclude(exchange_order_id="").count()

    def _tend(self) -> None:
        """What people do: they check a key that was refused again, and decide about orders that are nowhere. The
        comparison tells whether that was right."""
        self.exchange.count()
        for connection in ExchangeConnection.objects.filter(state=ExchangeConnection.State.BROKEN):
            try:
                connection_check(connection, by=connection.owner)
            except Unavailable:
                continue
            self.looked += 1
        for row in Difference.objects.filter(resolved=None, order__state=OrderState.NOT_FOUND, confirmed__isnull=False):
            with suppress(ValidationError):  # it has turned up meanwhile
                never_placed(difference=row, by=None, reason="not at the exchange")
                self.decided += 1

    def _spoil(self, *, slow: bool, crash: bool = True) -> None:
        """The faults of the spell; an exchange that has died of one does so once a spell."""
        rules = fault_rules(self.seed, self.spell, SPELL, slow=slow)
        rules = [rule for rule in rules if crash or rule["fault"] != "crash"]
        self.exchange.mend()
        self.exchange.admin("POST", "/faults", {"seed": self.seed + self.spell, "rules": rules})
        self.exchange.settings(**lags(self.seed + self.spell))

    def _strike(self, name: str, *, slow: bool) -> None:
        self.strikes[name] += 1
        deeds: dict[str, Callable[[], None]] = {
            "exchange": partial(self._kill_exchange, slow), "redis": partial(kill_redis, self.services),
            "redis emptied": self._empty_redis,
        }  # fmt: skip
        deeds.get(name, partial(self.processes.kill, name))()

    def _kill_exchange(self, slow: bool) -> None:
        self.exchange.kill()
        self._spoil(slow=slow, crash=False)

    def _empty_redis(self) -> None:
        redis.Redis.from_url(self.redis_url).flushall()


def _unfinished() -> list[str]:
    """Orders and plans that work, in words."""
    orders = [f"order {row} is {row.state}" for row in Order.objects.filter(state__in=WORKING)]
    groups = OrderGroup.objects.filter(state=OrderGroup.State.ACTIVE)
    return orders + [f"{group} does not end" for group in groups]
