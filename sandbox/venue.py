"""The exchange with what stands around it: keys, faults, portfolios, connections."""

import time
from collections.abc import Callable
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from sandbox.accounts import Wallet
from sandbox.clock import SECOND, stamp
from sandbox.exchange import Exchange
from sandbox.faults import STATE_FAULTS, Rule, Switchboard
from sandbox.keys import KeyRing
from sandbox.stream.hub import Hub

FLAG_OF = {
    "halt": "trading_disabled", "cancel_only": "cancel_only", "limit_only": "limit_only", "post_only": "post_only",
}  # fmt: skip


class Venue:
    def __init__(self, exchange: Exchange, *, seed: int = 0) -> None:
        self.exchange, self.keys, self.faults = exchange, KeyRing(), Switchboard(seed)
        self.hub = Hub(exchange, self.keys, self.faults, self.token_time)
        self.portfolios: dict[str, dict[str, dict[str, Any]]] = {}
        self.conversions: dict[str, dict[str, Any]] = {}
        self.began = exchange.clock.now()
        self.down_until = 0  # nanoseconds: until then nothing is answered
        self.keep: Callable[[], None] = lambda: None  # writes down what has happened; see sandbox.state
        self.mortal = False  # whether the process is the exchange's own and may die of a fault
        self._shown: dict[str, tuple[int, list[Wallet]]] = {}
        self._calls: dict[str, tuple[int, int]] = {}

    def skewed(self) -> int:
        """What the exchange takes for the time, nanoseconds."""
        return self.exchange.clock.now() + int(self.exchange.settings.clock_skew * SECOND)

    def token_time(self) -> float:
        """Seconds by which tokens are judged: the caller's clock is the wall's, whatever the exchange's shows."""
        return time.time() + self.exchange.settings.clock_skew

    def iso(self, moment: int) -> str:
        return stamp(moment)[:19] + "Z"

    def wallets(self, user: str) -> list[Wallet]:
        """The user's wallets as REST shows them: up to ``balance_lag`` old."""
        now = self.exchange.clock.now()
        moment, wallets = self._shown.get(user, (0, []))
        if not wallets or now - moment >= self.exchange.settings.balance_lag * SECOND:
            moment, wallets = now, self.exchange.ledger.wallets(user)
            self._shown[user] = moment, wallets
        return wallets

    def take(self, key: str, limit: int) -> int:
        """Counts a call; how many more ``key`` may make in this second of the exchange's clock, below 0 when none."""
        second = self.exchange.clock.now() // SECOND
        since, count = self._calls.get(key, (second, 0))
        count = count + 1 if since == second else 1
        self._calls[key] = second, count
        return limit - count

    @property
    def down(self) -> bool:
        return self.exchange.clock.now() < self.down_until

    def set_faults(self, rows: list[dict[str, Any]]) -> list[Rule]:
        """Adds rules; those that are states begin at their time. Raises ValueError."""
        if not self.mortal and any(row.get("fault") == "crash" for row in rows):
            raise ValueError("crash must be asked of a sandbox that is a process of its own, was asked beside a test")
        rules = self.faults.set(rows)
        now = self.exchange.clock.now()
        for rule in rules:
            if rule.fault in STATE_FAULTS:
                begin = now + int(rule.at * SECOND)
                self.exchange.agenda.at(begin, lambda rule=rule: self._begin(rule))  # type: ignore[misc]
        self.exchange.advance(now)
        return rules

    def advance(self, moment: int) -> None:
        """Moves the exchange and tells those who listen."""
        self.exchange.advance(moment)
        self.settle()

    def settle(self) -> None:
        """Keeps what has happened, then tells those who listen: nobody hears of what could still be lost."""
        self.keep()
        self.hub.pump()

    def _begin(self, rule: Rule) -> None:
        rule.hits += 1
        self.faults.hits[rule.fault] += 1
        if rule.fault == "restart":
            self.down_until = self.exchange.clock.now() + int(rule.seconds * SECOND)
            self.hub.close_all(1001)
        elif rule.fault == "skew":
            self.exchange.settings.clock_skew = rule.seconds
        else:
            self._switch(rule, on=True)
            if rule.seconds:
                end = self.exchange.clock.now() + int(rule.seconds * SECOND)
                self.exchange.agenda.at(end, lambda: self._switch(rule, on=False))

    def _switch(self, rule: Rule, *, on: bool) -> None:
        for product in self.exchange.products:
            if not fnmatchcase(product.symbol, rule.product):
                continue
            if rule.fault in FLAG_OF:
                self.exchange.products.set_flags(product.symbol, {FLAG_OF[rule.fault]: on})
            elif rule.product != "*" or product.symbol in self.exchange.markets:
                market = self.exchange.market(product.symbol)
                market.crowd.depth = Decimal(rule.share) if on else Decimal(1)
                market.crowd.withdraw(market.book)
                market.requote()
