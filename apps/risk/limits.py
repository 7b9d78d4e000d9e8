"""The limits of an account: what each is called, what it measures, and which way is the safe one."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from apps.operations.formats import money, percent, span
from apps.risk.models import LimitChange
from apps.risk.registry import Usage
from engine.config import RiskLimits

NEAR = 0.75  # share of a limit from which a bar warns
SAME = 1e-9
WHOLE = ("count", "seconds")  # units without fractions


@dataclass(frozen=True)
class Limit:
    """A field of RiskPolicy; zero switches it off."""

    name: str
    label: str
    unit: str  # 'count', 'ratio', 'quote', 'seconds'
    most: float
    help: str

    def words(self, value: float | Decimal, currency: str = "USD") -> str:
        """A value of this limit for people."""
        match self.unit:
            case "ratio":
                return percent(value)
            case "quote":
                return money(value, currency)
            case "seconds":
                return span(value)
        return f"{value:.0f}"


LIMITS = (
    Limit("max_positions", "Open positions at once", "count", 1000, "Entries about to be filled count."),
    Limit("max_position", "One position", "ratio", 1, "Of equity. A larger order is cut to it."),
    Limit("max_exposure", "All positions together", "ratio", 1, "Of equity."),
    Limit("daily_loss", "Loss of a day", "ratio", 1, "Of the equity at midnight UTC. Entries stop until the next day."),
    Limit("daily_loss_amount", "Loss of a day in money", "quote", 1e12, "The smaller of the two counts."),
    Limit("max_age", "Oldest data to act on", "seconds", 86_400, "No entry on prices that are older."),
    Limit("max_orders", "Orders in a minute", "count", 10_000, "Of every kind, in the market's time. Exits go on."),
)
BY_NAME = {limit.name: limit for limit in LIMITS}


def is_looser(old: float, new: float) -> bool:
    """Whether the new value lets more happen; zero is no limit at all."""
    if abs(old - new) <= SAME or not old:
        return False
    return not new or new > old


def loosens(limits: RiskLimits, values: Mapping[str, float]) -> bool:
    """Whether values of some limits would let more happen than those in force."""
    return any(is_looser(float(getattr(limits, name)), new) for name, new in values.items())


@dataclass(frozen=True)
class Bar:
    """A limit with what is used of it, as the page draws it."""

    limit: Limit
    value: float  # of the limit, 0 = off
    used: float | None
    currency: str
    waiting: LimitChange | None

    @property
    def allowed(self) -> str:
        return self.limit.words(self.value, self.currency) if self.value else "off"

    @property
    def taken(self) -> str:
        return "unknown" if self.used is None else self.limit.words(self.used, self.currency)

    @property
    def warns_from(self) -> float:
        return NEAR * self.value

    @property
    def is_reached(self) -> bool:
        return bool(self.value) and self.used is not None and self.used >= self.value * (1 - SAME)

    @property
    def raised_to(self) -> str:
        """What a waiting change will make of it."""
        if self.waiting is None:
            return ""
        return self.limit.words(self.waiting.new, self.currency) if self.waiting.new else "off"


def bars(limits: RiskLimits, usage: Usage, waiting: Mapping[str, LimitChange], currency: str) -> list[Bar]:
    """Every limit of an account, in the order of LIMITS."""
    used = {
        "max_positions": usage.positions,
        "max_position": usage.largest,
        "max_exposure": usage.exposure,
        "daily_loss": usage.loss_ratio,
        "daily_loss_amount": usage.loss,
        "max_age": usage.age,
        "max_orders": usage.orders,
    }
    return [
        Bar(limit, float(getattr(limits, limit.name)), _number(used[limit.name]), currency, waiting.get(limit.name))
        for limit in LIMITS
    ]


def _number(value: Decimal | float | None) -> float | None:
    return None if value is None else float(value)
