"""One look at an exchange: orders, fills and balances that belong together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from uuid import UUID

from apps.accounts.models import TradingAccount
from apps.orders.models import Order
from engine.orders.states import OrderState
from exchanges.port import Balance, Exchange, FillReport, OrderReport

THERE = [OrderState.OPEN, OrderState.CANCELLING]  # what the exchange should know of
TRIES = 3  # looks at a market that keeps moving


@dataclass(frozen=True)
class Look:
    """``steady``: no fill came while the balances were read, so that they may be compared."""

    working: Sequence[OrderReport]  # at the exchange, whoever placed them
    ours: Mapping[UUID, OrderReport]  # of our orders: those that work there and those that should
    fills: Sequence[FillReport]  # since the cursor it was given, ordered
    balances: Mapping[str, Balance]
    steady: bool


def look(account: TradingAccount, exchange: Exchange, since: int) -> Look:
    """Reads until nothing moves meanwhile, a few times at most. Raises Unavailable or Unknown."""
    fills = exchange.fills_since(since)
    for attempt in range(1, TRIES + 1):
        working = exchange.open_orders()
        balances = exchange.balances()
        newest = max((fill.cursor for fill in fills), default=since)
        known = _trades(fills)
        late = [fill for fill in exchange.fills_since(newest) if _trade(fill) not in known]  # with some from before it
        fills = sorted([*fills, *late], key=attrgetter("cursor", "trade_id"))
        if not late or attempt == TRIES:
            break
    ours = {report.client_order_id: report for report in working if report.client_order_id}
    expected = Order.objects.filter(account=account, state__in=THERE).values_list("client_order_id", flat=True)
    if missing := sorted(set(expected) - ours.keys()):
        reports = exchange.reports(missing)
        ours |= {report.client_order_id: report for report in reports if report.client_order_id}
    return Look(working=working, ours=ours, fills=fills, balances=balances, steady=not late)


def _trades(fills: Sequence[FillReport]) -> set[tuple[str, str]]:
    return {_trade(fill) for fill in fills}


def _trade(fill: FillReport) -> tuple[str, str]:
    return fill.exchange_order_id or str(fill.client_order_id), fill.trade_id
