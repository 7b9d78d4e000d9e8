"""Trades as lines of a file."""

from collections.abc import Iterator

from django.db.models import QuerySet

from apps.ledger.models import Position
from apps.operations.tables import Cell

TRADES = [
    "opened_utc", "closed_utc", "market", "bot", "quantity", "entry_price", "exit_price", "fees", "net_result",
    "currency", "net_ratio", "duration_seconds", "reason", "account", "mode", "run",
    "side", "risk_multiple",
]  # fmt: skip
FIELDS = (
    "opened", "closed", "product__symbol", "holder", "bought", "bought_notional", "sold", "sold_notional", "fees",
    "net", "product__quote", "ratio", "reason", "account__name", "account__mode", "generation", "r",
)  # fmt: skip
SIDE = "long"  # nothing is sold short on a spot market
ROWS = 500  # read at once


def trade_rows(trades: QuerySet[Position], names: dict[str, tuple[int, str]]) -> Iterator[list[Cell]]:
    """The cells of TRADES, of the rows of apps.portfolio.trades; ``names`` are the bots' by holder. Read as values:
    as models they take twice as long."""
    for (
        opened, closed, symbol, holder, bought, paid, sold, received, fees, net, quote, ratio, reason, account, mode,
        run, r,
    ) in trades.values_list(*FIELDS).iterator(chunk_size=ROWS):  # fmt: skip
        yield [
            opened, closed, symbol, names.get(holder, (0, holder))[1], bought, paid / bought, received / sold, fees,
            net, quote, ratio, int((closed - opened).total_seconds()), reason, account, mode, run, SIDE, r,
        ]  # fmt: skip
