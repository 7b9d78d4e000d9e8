"""Positions as columns of floats: ten thousand in one row from the database, for figures that need every one."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, FloatField, Q, QuerySet, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Extract

from apps.ledger.models import Position
from apps.portfolio.results import PNL

COLUMNS: dict[str, Combinable] = {
    "net": PNL,
    "paid": F("bought_notional"),
    "opened": Extract("opened", "epoch"),
    "closed": Extract("closed", "epoch"),
}


@dataclass(frozen=True)
class Held:
    """In the order in which they were closed. Money in quote, times in seconds UTC; NaN for what has not closed."""

    total: Decimal  # results of the closed, to the last digit
    net: np.ndarray  # result after fees
    paid: np.ndarray  # for what was bought, without fees
    opened: np.ndarray
    closed: np.ndarray

    @property
    def over(self) -> "Held":
        """The trades: what is closed."""
        over = ~np.isnan(self.closed)
        return Held(self.total, self.net[over], self.paid[over], self.opened[over], self.closed[over])

    @property
    def ratios(self) -> np.ndarray:
        """Net results as ratios of what was paid."""
        return self.net / self.paid


def held_columns(positions: QuerySet[Position]) -> Held:
    columns = {name: ArrayAgg(Cast(value, FloatField()), order_by=("closed", "pk")) for name, value in COLUMNS.items()}
    row = positions.aggregate(total=Sum(PNL, filter=Q(closed__isnull=False)), **columns)
    return Held(row["total"] or Decimal(0), **{name: np.array(row[name] or [], float) for name in COLUMNS})
