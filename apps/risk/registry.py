"""How much of its limits an account uses. Filled in tradingsite/wiring.py: money and orders stand above this app."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from apps.accounts.models import TradingAccount


@dataclass(frozen=True)
class Usage:
    """Ratios as plain numbers, None = a price is missing."""

    positions: int  # open or about to be
    largest: Decimal | None  # position, ratio of equity
    exposure: Decimal | None  # ratio of equity
    loss: Decimal | None  # of the day, quote; zero in a day that gains
    loss_ratio: Decimal | None  # of the day's opening equity
    age: float | None  # seconds since the market's last event


usage_of: Callable[[TradingAccount], Usage]
