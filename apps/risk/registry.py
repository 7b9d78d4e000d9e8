"""How much of its limits an account uses, how far a halt has come. Filled in tradingsite/wiring.py: money and orders
stand above this app."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal

from apps.accounts.models import TradingAccount
from apps.risk.models import Halt


@dataclass(frozen=True)
class Usage:
    """Ratios as plain numbers, None = a price is missing."""

    positions: int  # open or about to be
    largest: Decimal | None  # position, ratio of equity
    exposure: Decimal | None  # ratio of equity
    loss: Decimal | None  # of the day, quote; zero in a day that gains
    loss_ratio: Decimal | None  # of the day's opening equity
    age: float | None  # seconds since the market's last event
    orders: int  # of the market's last minute


usage_of: Callable[[TradingAccount], Usage]


@dataclass(frozen=True)
class Progress:
    """Counts of the orders that worked when a halt was pulled, sales at market left out. ``over``: known to work no
    more, cancelled, filled or refused; ``unclear``: the exchange does not know them, a person must look."""

    orders: int
    cancelled: int
    over: int
    unclear: int = 0

    @property
    def words(self) -> str:
        if not self.orders:
            return "no order was working"
        ended = self.over - self.cancelled
        parts = [f"{self.cancelled} of {self.orders} {'order' if self.orders == 1 else 'orders'} cancelled"]
        parts += [f"{ended} ended otherwise"] if ended else []
        parts += [f"{self.unclear} not found at the exchange: a person must look"] if self.unclear else []
        return ", ".join(parts)


# Of a halt in force with the orders of some accounts, by their ids.
progress_of: Callable[[Halt, Collection[int]], Progress]
