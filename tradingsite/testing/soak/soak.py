"""The platform's processes and the exchange, played with and killed, then held against each other."""

import os
import random
import secrets
import time
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import dramatiq
import redis
from django.conf import settings
from django.core.management import call_command
from django.db.models import QuerySet
from django.test.utils import override_settings

from apps.accounts.connections import clients
from apps.markets.models import Feed
from apps.operations.venues import SANDBOX
from apps.orders.groups.endings import groups_cancel
from apps.orders.models import Difference, Order, OrderGroup, Reconciled
from apps.orders.reconciliation.decisions import never_placed
from apps.orders.services import orders_cancel_all
from engine.orders.states import WORKING, OrderState
from tradingsite.broker import set_up_broker
from tradingsite.launcher.environment import Environment
from tradingsite.launcher.layout import ROOT, Layout
from tradingsite.launcher.ports import LOOPBACK, free_port
from tradingsite.launcher.services import Services
from tradingsite.testing.ordeals.databases import create_database, database_url, drop_database, joined
from tradingsite.testing.ordeals.installation import CALM, kill_redis
from tradingsite.testing.ordeals.processes import Processes
from tradingsite.testing.soak.comparison import Verdict, compare
from tradingsite.testing.soak.exchange import SoakExchange
from tradingsite.testing.soak.faults import fault_rules, lags
from tradingsite.testing.soak.trader import Hand, Person, person_join

DATABASE = "fault_soak"
PRODUCTS = ("BTC-USD", "ETH-USD", "SOL-USD")
LEASES = {"EXCHANGE_TIMEOUT": "9.5", "ORDER_LEASE": "10", "NOT_FOUND_GRACE": "12", "BATCH_LEASE": "2"}
KILLED = {"worker": 4, "stream": 2, "clock": 1, "web": 1, "exchange": 2, "redis": 1, "redis emptied": 2}  # shares
PATIENCE = 120.0  # seconds for prices to come, and for everything to settle
FIND = 0.25


@dataclass
class Soak:
    """``strikes``: what was killed or emptied, how often."""

    processes: Processes
    exchange: SoakExchange
    services: Services
    redis_url: str
    seed: int
    people: list[Person] = field(default_factory=list)
    strikes: Counter[str] = field(default_factory=Counter)
    decided: int = 0  # orders that somebody declared as never placed
    hits: Counter[str] = field(default_factory=Counter)  # faults of exchanges that were killed since

    def begin(self, accounts: int) -> None:
        """Starts everything, and lets people join before anything goes wrong."""
        self.exchange.start()
        self.people = [person_join(self.exchange, number) for number in range(1, accounts + 1)]
        self.processes.start_missing()
        deadline = time.monotonic() + PATIENCE
        while Feed.objects.filter(product__symbol__in=PRODUCTS, price__isnull=False).count() < len(PRODUCTS):
            assert time.monotonic() < deadline, f"prices must come:\n{self.processes.tail('stream')}"
            time.sleep(FIND)

    def play(self, seconds: float, *, pace: float, kill_every: float, slow: bool = True) -> Hand:
        """Deeds of people, ``pace`` a second at most, while things go wrong."""
        hand, dice = Hand(self.people, self.seed), random.Random(self.seed)
        self._spoil(slow=slow)
        ends, strike_at = time.monotonic() + seconds, time.monotonic() + kill_every / 2
        while time.monotonic() < ends:
            began = time.monotonic()
            hand.act()
            if kill_every and began >= strike_at:
                self._strike(dice.choices(list(KILLED), list(KILLED.values()))[0], slow=slow)
                strike_at = time.monotonic() + dice.uniform(0.3, 1.7) * kill_every
            self.processes.revive()
            time.sleep(max(0.0, dice.uniform(0, 2 / pace) - (time.monotonic() - began)))
        return hand

    def settle(self) -> Verdict:
        """Quiet: no faults, no deeds, every order cancelled. The verdict when it is clean, or the last one."""
        self.count_hits()
        self.exchange.mend()
        self.exchange.settings(cancel_lag=0, visible_lag=0, fill_lag=0, balance_lag=0)
        deadline = time.monotonic() + PATIENCE
        while True:
            self.processes.revive()
            for person in self.people:
                groups_cancel(user=person.user, groups=OrderGroup.objects.filter(account=person.account))
                orders_cancel_all(account_id=person.account.pk, why="the soak ends")
            self._decide()
            over = not Order.objects.filter(state__in=WORKING).exists() and not _plans().exists()
            if over:
                Reconciled.objects.update(due=None)
                time.sleep(3)
                self._decide()
            late = time.monotonic() > deadline
            if over or late:
                verdict = compare(self.exchange, self.people)
                if verdict.clean or late:
                    verdict.different += [
                        f"order {row} is {row.state}" for row in Order.objects.filter(state__in=WORKING)
                    ]
                    verdict.different += [f"{group} does not end" for group in _plans()]
                    return verdict
            time.sleep(1)

    def _decide(self) -> None:
        """What a person does about orders that are nowhere; the comparison tells whether that was right."""
        for row in Difference.objects.filter(resolved=None, order__state=OrderState.NOT_FOUND, confirmed__isnull=False):
            never_placed(difference=row, by=None, reason="not at the exchange")
            self.decided += 1

    def count_hits(self) -> None:
        """Keeps the count of an exchange that is about to be killed."""
        self.hits.update(self.exchange.admin("GET", "/faults")["hits"])

    def _spoil(self, *, slow: bool) -> None:
        self.exchange.admin("POST", "/faults", {"seed": self.seed, "rules": fault_rules(self.seed, slow=slow)})
        self.exchange.settings(**lags(self.seed))

    def _strike(self, name: str, *, slow: bool) -> None:
        self.strikes[name] += 1
        deeds: dict[str, Callable[[], None]] = {
            "exchange": partial(self._kill_exchange, slow), "redis": partial(kill_redis, self.services),
            "redis emptied": self._empty_redis,
        }  # fmt: skip
        deeds.get(name, partial(self.processes.kill, name))()

    def _kill_exchange(self, slow: bool) -> None:
        self.count_hits()
        self.exchange.kill()
        self._spoil(slow=slow)

    def _empty_redis(self) -> None:
        redis.Redis.from_url(self.redis_url).flushall()


def _plans() -> QuerySet[OrderGroup]:
    return OrderGroup.objects.filter(state=OrderGroup.State.ACTIVE)


@contextmanager
def soaking(folder: Path, seed: int) -> Iterator[Soak]:
    """A soak that has not begun, under ``folder``, on the PostgreSQL server that runs already."""
    url = database_url(os.environ["DATABASE_URL"], DATABASE)
    services = Services(Layout(root=ROOT, data=folder / "data"), {"DATABASE_URL": os.environ["DATABASE_URL"]})
    exchange = SoakExchange(folder, seed)
    key = urlsafe_b64encode(secrets.token_bytes(32)).decode()
    told = {"MARKET": SANDBOX, "SANDBOX_ADDRESS": exchange.address, "CREDENTIAL_KEYS": key}
    with services.held() as environ:
        inherited = Environment(Layout.of(os.environ)).environ(os.environ)
        own = {"DATABASE_URL": url, "PORT": str(free_port()), "BIND": LOOPBACK, "PGOPTIONS": CALM, "DEBUG": "1"}
        own["LOG_LEVEL"] = "INFO"
        markets = {"COINBASE_PRODUCTS": ",".join(PRODUCTS)}
        processes = Processes({**inherited, **environ, **LEASES, **markets, **told, **own}, folder)
        del processes.commands["backtests"]
        create_database(url)
        layers = {"default": settings.CHANNEL_LAYERS["default"] | {"CONFIG": {"hosts": [environ["REDIS_URL"]]}}}
        here = {
            "MARKET": SANDBOX, "SANDBOX_ADDRESS": exchange.address, "CREDENTIAL_KEYS": [key],
            "REDIS_URL": environ["REDIS_URL"], "CHANNEL_LAYERS": layers,
        }  # fmt: skip
        broker = dramatiq.get_broker()
        try:
            with override_settings(**here), joined(url):
                _forget()
                set_up_broker()
                call_command("migrate", verbosity=0)
                yield Soak(processes, exchange, services, environ["REDIS_URL"], seed)
        finally:
            processes.stop()
            exchange.end()
            dramatiq.set_broker(broker)
            _forget()
            drop_database(url)


def _forget() -> None:
    """What this process knows of another exchange."""
    for known in (clients.clock_of, clients.pace_of, clients.facts_of):
        known.cache_clear()
    clients._threads.__dict__.clear()
