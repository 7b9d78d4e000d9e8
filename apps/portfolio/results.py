"""What each bot has made so far, from the closed positions of the account's present generation."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet, Sum

from apps.accounts.models import TradingAccount
from apps.ledger.models import Position

PNL = F("sold_notional") - F("bought_notional") - F("fees")


@dataclass(frozen=True)
class Result:
    """Closed trades in quote, net of fees."""

    pnl: Decimal = Decimal(0)
    trades: int = 0
    wins: int = 0
    fees: Decimal = Decimal(0)

    @property
    def win_rate(self) -> float | None:
        """None while there is no trade."""
        return self.wins / self.trades if self.trades else None


NOTHING = Result()


def closed_positions(positions: QuerySet[Position]) -> QuerySet[Position]:
    """Trades: round trips that are over, with their net result as ``net``."""
    return positions.filter(closed__isnull=False).annotate(net=PNL)


def results(accounts: Iterable[TradingAccount]) -> dict[tuple[int, str], Result]:
    """By account id and holder."""
    rows = (
        closed_positions(Position.objects.filter(account__in=list(accounts), generation=F("account__generation")))
        .values("account_id", "holder")
        .annotate(total=Sum("net"), trades=Count("pk"), wins=Count("pk", filter=Q(net__gt=0)), paid=Sum("fees"))
    )
    return {
        (row["account_id"], row["holder"]): Result(row["total"], row["trades"], row["wins"], row["paid"])
        for row in rows
    }
