"""The trades of a result, one row each, for pages and files."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np

from apps.operations.formats import moment
from engine.kinds import ExitReason

COLUMNS = [
    "entry_time_utc", "exit_time_utc", "quantity", "entry_price", "exit_price", "fees", "net_result", "currency",
    "net_ratio", "duration_seconds", "reason",
]  # fmt: skip


@dataclass(frozen=True)
class Trade:
    """Money in quote, net of fees; ``is_open``: at the last bar, valued at its close and not sold."""

    number: int
    opened: datetime | None
    closed: datetime | None
    quantity: Decimal
    entry_price: float
    exit_price: float
    fees: float
    pnl: float
    ratio: float
    seconds: int
    reason: str

    @property
    def is_open(self) -> bool:
        return self.reason == "end"


def trades_of(rows: np.ndarray, lot: Decimal, first: int = 0) -> Iterator[Trade]:
    """From TRADE records (engine.records); ``first`` is the number of the first one less one."""
    for number, row in enumerate(rows, first + 1):
        quantity = lot * int(row["qty"])
        spent = float(quantity) * float(row["entry_price"])
        entered, left = int(row["entry_time"]), int(row["exit_time"])
        yield Trade(
            number=number, opened=moment(entered), closed=moment(left), quantity=quantity,
            entry_price=float(row["entry_price"]), exit_price=float(row["exit_price"]), fees=float(row["fees"]),
            pnl=float(row["pnl"]), ratio=float(row["pnl"]) / spent if spent else 0.0, seconds=left - entered,
            reason=ExitReason(row["reason"]).name.lower(),
        )  # fmt: skip


def cells(trade: Trade, quote: str) -> list[str | int | Decimal | datetime | None]:
    """Of a file, in the order of COLUMNS; numbers with every digit that they have."""
    return [
        trade.opened, trade.closed, trade.quantity, *map(_exact, (trade.entry_price, trade.exit_price, trade.fees)),
        _exact(trade.pnl), quote, _exact(trade.ratio), trade.seconds, trade.reason,
    ]  # fmt: skip


def _exact(value: float) -> Decimal:
    return Decimal(repr(value))
