"""Who owns what: a journal of moves that sum to zero, and what is held for open orders."""

import re
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

from sandbox.money import MOST

CROWD, FEES, OUTSIDE = PARTIES = "crowd", "fees", "outside"  # parties that are no users
LONGEST_NAME = 64
CURRENCY = re.compile("[A-Z0-9]{1,20}")


def user_named(name: str) -> str:
    """The name itself. Raises ValueError when nobody may be called so."""
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable() or name in PARTIES:
        raise ValueError(f"user must be a name of 1 to {LONGEST_NAME} letters, and none of {PARTIES}, was {name!r:.80}")
    return name


class Overdrawn(Exception):
    """A user would own less than nothing, or less than is held: a defect of the exchange."""


@dataclass(frozen=True, slots=True)
class Posting:
    """``amount`` of ``currency`` went from ``source`` to ``target``."""

    moment: int
    reference: str
    currency: str
    amount: Decimal
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Wallet:
    user: str
    currency: str
    total: Decimal
    hold: Decimal
    created: int
    updated: int

    @property
    def available(self) -> Decimal:
        return self.total - self.hold

    @property
    def uuid(self) -> str:
        return str(uuid5(NAMESPACE_URL, f"wallet/{self.user}/{self.currency}"))


class Ledger:
    """Balances of users and of the parties they deal with."""

    def __init__(self) -> None:
        self.journal: list[Posting] = []
        self._totals: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self._holds: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self._times: dict[tuple[str, str], list[int]] = {}
        self._users: set[str] = set()
        self.touched: set[tuple[str, str]] = set()  # user and currency of wallets that changed since it was last read

    def open(self, user: str, currency: str, moment: int) -> None:
        """Gives the user a wallet, if there is none yet. Raises ValueError for names that are none."""
        if not CURRENCY.fullmatch(currency):
            raise ValueError(f"currency must be 1 to 20 capital letters and digits, was {currency!r:.80}")
        self._users.add(user_named(user))
        self._times.setdefault((user, currency), [moment, moment])
        self.touched.add((user, currency))

    def has(self, user: str, currency: str) -> bool:
        return (user, currency) in self._times

    def move(self, moment: int, reference: str, currency: str, amount: Decimal, *, source: str, target: str) -> None:
        """Raises Overdrawn when a user would be left with less than is held, ValueError for amounts below 0."""
        if amount < 0:
            raise ValueError(f"a move must not be below 0, was {amount}")
        if amount == 0 or source == target:
            return
        for party, change in ((source, -amount), (target, amount)):
            if party in self._users:
                self._check(party, currency, self._totals[party, currency] + change)
                self._times.setdefault((party, currency), [moment, moment])[1] = moment
                self.touched.add((party, currency))
        self._post(Posting(moment, reference, currency, amount, source, target))

    def recall(self, posting: Posting) -> None:
        """Takes in a move of an earlier run, which was checked then."""
        self._post(posting)

    def recall_wallet(self, user: str, currency: str, created: int, updated: int) -> None:
        self._users.add(user)
        self._times[user, currency] = [created, updated]

    def _post(self, posting: Posting) -> None:
        self._totals[posting.source, posting.currency] -= posting.amount
        self._totals[posting.target, posting.currency] += posting.amount
        self.journal.append(posting)

    def hold(self, user: str, currency: str, change: Decimal) -> None:
        """Holds more (or, below 0, less). Raises Overdrawn when more would be held than is there."""
        held = self._holds[user, currency] + change
        if not 0 <= held <= self._totals[user, currency]:
            raise Overdrawn(f"{held} {currency} cannot be held of {self._totals[user, currency]}")
        self._holds[user, currency] = held

    def total(self, party: str, currency: str) -> Decimal:
        return self._totals[party, currency]

    def available(self, user: str, currency: str) -> Decimal:
        return self._totals[user, currency] - self._holds[user, currency]

    def wallet(self, user: str, currency: str) -> Wallet:
        created, updated = self._times[user, currency]
        key = user, currency
        return Wallet(user, currency, self._totals[key], self._holds[key], created, updated)

    def wallets(self, user: str) -> list[Wallet]:
        return [self.wallet(user, currency) for owner, currency in sorted(self._times) if owner == user]

    def sums(self) -> dict[str, Decimal]:
        """Of every currency, all that anybody owns or owes: zero."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for (_, currency), total in self._totals.items():
            found[currency] += total
        return dict(found)

    def _check(self, user: str, currency: str, total: Decimal) -> None:
        if total < self._holds[user, currency]:
            raise Overdrawn(f"{user} would have {total} {currency}, {self._holds[user, currency]} are held")
        if total > MOST:
            raise ValueError(f"a wallet must hold at most {MOST} {currency}, was {total}")
