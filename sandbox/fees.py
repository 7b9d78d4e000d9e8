"""Fee tiers by what was traded in thirty days, and the rates of a product."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sandbox.clock import SECOND
from sandbox.money import ZERO
from sandbox.products import Product

MONTH = 30 * 86400 * SECOND
STABLE = frozenset({"USD", "USDC", "USDT", "DAI", "PYUSD", "EUR", "EURC", "GBP"})


@dataclass(frozen=True, slots=True)
class Tier:
    """Rates from ``volume`` USD in thirty days on."""

    name: str
    volume: Decimal
    maker: Decimal
    taker: Decimal


def _tier(name: str, volume: int, maker: str, taker: str) -> Tier:
    return Tier(name, Decimal(volume), Decimal(maker), Decimal(taker))


# The first and the last row are the exchange's of September 2026; it shows those between only to who is logged in.
TIERS = (
    _tier("Intro 1", 0, "0.005", "0.009"),
    _tier("Advanced 1", 10_000, "0.004", "0.006"),
    _tier("Advanced 2", 50_000, "0.0025", "0.004"),
    _tier("Advanced 3", 250_000, "0.0015", "0.0025"),
    _tier("VIP 1", 1_000_000, "0.001", "0.002"),
    _tier("VIP 2", 5_000_000, "0.0008", "0.0016"),
    _tier("VIP 3", 20_000_000, "0.0005", "0.0012"),
    _tier("VIP 4", 50_000_000, "0.0003", "0.0009"),
    _tier("VIP 5", 100_000_000, "0", "0.0008"),
    _tier("VIP 8", 1_000_000_000, "0", "0.0002"),
)
STABLE_RATES = Decimal(0), Decimal("0.00001")


class Fees:
    """Rates and the volume that decides them."""

    def __init__(self, tiers: Sequence[Tier] = TIERS) -> None:
        self.tiers = tuple(tiers)
        self._trades: dict[str, deque[tuple[int, Decimal, Decimal]]] = defaultdict(deque)
        self._sums: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])

    def note(self, user: str, moment: int, volume: Decimal, fee: Decimal) -> None:
        """A fill, both in USD."""
        self._trades[user].append((moment, volume, fee))
        self._sums[user][0] += volume
        self._sums[user][1] += fee

    def month(self, user: str, now: int) -> tuple[Decimal, Decimal]:
        """Volume and fees of the last thirty days, in USD."""
        trades, sums = self._trades[user], self._sums[user]
        while trades and trades[0][0] <= now - MONTH:
            _, volume, fee = trades.popleft()
            sums[0] -= volume
            sums[1] -= fee
        return sums[0], sums[1]

    def tier(self, user: str, now: int) -> Tier:
        volume, _ = self.month(user, now)
        return [tier for tier in self.tiers if tier.volume <= volume][-1]

    def rates(self, user: str, product: Product, now: int) -> tuple[Decimal, Decimal]:
        """Maker's and taker's rate of an order placed now."""
        if product.base in STABLE and product.quote in STABLE:
            return STABLE_RATES
        tier = self.tier(user, now)
        return tier.maker, tier.taker
