"""What a run has come to, as plain values: two runs of the same market must have the same."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields
from decimal import Decimal
from operator import itemgetter
from typing import Any

from django.db.models import F, Model, QuerySet, Sum
from django.db.models.functions import Coalesce

from apps.accounts.models import TradingAccount
from apps.bots.models import Evaluation
from apps.ledger.models import Balance, Hold, Line, Position
from apps.ledger.selectors import imbalance
from apps.orders.models import Fill, Order
from apps.paper.models import PaperOrder
from apps.risk.models import DayOpening
from engine.gates import Gate

Row = tuple[Any, ...]
ORDER = (
    "client_order_id", "account", "holder", "purpose", "reason", "side", "kind", "quantity", "limit_price",
    "stop_price", "funds", "stop", "target", "hold", "after__client_order_id", "position", "decided", "state",
    "filled", "filled_notional", "fees",
)  # fmt: skip
FILL = (
    "order__client_order_id", "account", "position", "at", "price", "quantity", "fee", "fee_currency", "maker",
    "reason",
)  # fmt: skip
POSITION = (
    "account", "generation", "holder", "quantity", "bought", "bought_notional", "sold", "sold_notional", "fees",
    "opened", "closed", "reason", "stop", "target", "hold",
)  # fmt: skip
ORDER_ID = itemgetter(ORDER.index("client_order_id"))
FILL_ID = itemgetter(FILL.index("order__client_order_id"), FILL.index("position"))
EVALUATION = (
    "bot", "version", "position", "at", "verdict", "action", "blocking", "passed", "unknown", "lots", "price", "score",
    "confidence", "values", "thresholds",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """Rows without what differs from run to run: keys given by the database, wall time, sequence numbers."""

    orders: Counter[Row]
    fills: Counter[Row]
    paper_orders: Counter[Row]
    balances: Counter[Row]
    holds: Counter[Row]
    positions: Counter[Row]
    lines: Counter[Row]
    openings: Counter[Row]
    evaluations: Counter[Row]

    def differences(self, other: "Outcome") -> dict[str, tuple[list[Row], list[Row]]]:
        """By kind of row: those only here, those only there. Empty when both runs came to the same."""
        found = {}
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            if mine != theirs:
                found[field.name] = (_listed(mine - theirs), _listed(theirs - mine))
        return found

    def missing(self, other: "Outcome") -> dict[str, int]:
        """How many of the orders and fills here, by what makes each the one it is, are not there."""
        return {
            "orders": (_named(self.orders, ORDER_ID) - _named(other.orders, ORDER_ID)).total(),
            "fills": (_named(self.fills, FILL_ID) - _named(other.fills, FILL_ID)).total(),
        }

    def __str__(self) -> str:
        return ", ".join(
            f"{getattr(self, field.name).total()} {field.name.replace('_', ' ')}" for field in fields(self)
        )


def outcome() -> Outcome:
    """The outcome in the database that this process is connected to."""
    return Outcome(
        orders=_rows(Order.objects.all(), *ORDER),
        fills=_rows(Fill.objects.all(), *FILL),
        paper_orders=_rows(PaperOrder.objects.all(), "client_order_id", "arrival", "lots", "filled", "funds", "status"),
        balances=_rows(Balance.objects.all(), "account", "currency", "total", "held"),
        holds=_rows(Hold.objects.all(), "key", "currency", "amount"),
        positions=_rows(Position.objects.all(), *POSITION),
        lines=_rows(Line.objects.all(), "entry__account", "entry__kind", "bucket", "currency", "amount", "holder"),
        openings=_rows(DayOpening.objects.all(), "account", "generation", "day", "equity"),
        evaluations=Counter(_evaluation(row) for row in Evaluation.objects.values_list(*EVALUATION)),
    )


def _named(rows: Counter[Row], name: Callable[[Row], Any]) -> Counter[Any]:
    return Counter(name(row) for row in rows.elements())


def _listed(rows: Counter[Row]) -> list[Row]:
    return sorted(rows.elements(), key=str)


def _rows(rows: QuerySet[Model], *names: str) -> Counter[Row]:
    return Counter(rows.values_list(*names))


def _evaluation(row: Row) -> Row:
    """The age of the data is wall time; 'not a number' equals itself here."""
    *plain, values, thresholds = row
    values[Gate.DATA] = 0.0
    return (*plain, *(None if math.isnan(number) else number for number in values + thresholds))


def unsound() -> list[str]:
    """What must hold after any run, in words where it does not: nothing lost, nothing doubled, every cent in place."""
    sums = {account.pk: imbalance(account) for account in TradingAccount.objects.all()}
    found = [f"account {pk}: lines sum to {wrong}" for pk, wrong in sums.items() if wrong]
    for balance in Balance.objects.all():
        lines = Line.objects.filter(entry__account=balance.account_id, currency=balance.currency)
        assets = lines.filter(bucket=Line.Bucket.ASSETS).aggregate(total=Sum("amount"))["total"]
        holds = Hold.objects.filter(account=balance.account_id, currency=balance.currency)
        held = holds.aggregate(total=Sum("amount"))["total"] or 0
        if assets != balance.total or held != balance.held:
            found.append(f"balance {balance} of account {balance.account_id}: lines {assets}, holds {held}")
    orders = Order.objects.annotate(posted=Coalesce(Sum("fills__quantity"), Decimal(0))).exclude(filled=F("posted"))
    found += [f"order {order}: filled {order.filled}, its fills {order.posted}" for order in orders]
    twice = [key for key, count in Counter(Evaluation.objects.values_list("bot", "position")).items() if count > 1]
    found += [f"bot {bot} decided twice at {position}" for bot, position in twice]
    return found
