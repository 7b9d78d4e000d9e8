"""The exchange's books against ours: order by order, fill by fill, balance by balance, to the last digit."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q

from apps.ledger.amounts import kept
from apps.ledger.models import Balance
from apps.orders.models import Difference, Fill, Order, OrderGroup
from apps.orders.reconciliation.positions import position_changes
from engine.kinds import OrderKind, PlanKind, TimeInForce
from engine.orders.states import OrderState
from sandbox.testing import Row, Sandbox
from tradingsite.testing.ordeals.outcome import unsound
from tradingsite.testing.soak.people import Person
from tradingsite.testing.soak.trader import Hand

ENDS = {
    "FILLED": OrderState.FILLED, "CANCELLED": OrderState.CANCELLED, "EXPIRED": OrderState.EXPIRED,
    "FAILED": OrderState.REJECTED, "OPEN": OrderState.OPEN, "PENDING": OrderState.OPEN,
}  # fmt: skip
UNSENT = {OrderState.DENIED, OrderState.REJECTED, OrderState.CANCELLED, OrderState.NOT_FOUND}


@dataclass
class Verdict:
    """``lost``: at the exchange and not here. ``doubled``: twice where once was wanted. ``different``: all else."""

    orders: int = 0
    placed: int = 0  # at the exchange
    fills: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    plans: Counter[str] = field(default_factory=Counter)
    sums: dict[str, Decimal] = field(default_factory=dict)  # of the exchange's ledger

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.different)

    @property
    def all(self) -> list[str]:
        return [
            *(f"lost: {words}" for words in self.lost), *(f"doubled: {words}" for words in self.doubled),
            *(f"different: {words}" for words in self.different),
        ]  # fmt: skip


def compare(exchange: Sandbox, people: Iterable[Person], hands: Iterable[Hand] = ()) -> Verdict:
    """Everything of everybody, both ways; and what each of the ``hands`` was promised against what there is."""
    verdict = Verdict()
    for hand in hands:
        _promised(verdict, hand)
        verdict.different += hand.failures
    for person in people:
        _orders(verdict, person, exchange.orders(person.name))
        _fills(verdict, person, exchange.fills(person.name))
        _balances(verdict, person, exchange.balances(person.name))
        _ours(verdict, person)
    verdict.different += unsound()
    verdict.sums = exchange.ledger_sums()
    verdict.different += [
        f"the exchange's own ledger sums to {total} {name}" for name, total in verdict.sums.items() if total
    ]
    return verdict


def _promised(verdict: Verdict, hand: Hand) -> None:
    """Each deed that was taken has made one row, and nothing else has made any but a stop that was leapt over."""
    climbed = Q(purpose=Order.Purpose.EXIT, reason="stop", replaces__isnull=False)
    orders = Order.objects.filter(account=hand.person.account, group=None).exclude(climbed)
    groups = OrderGroup.objects.filter(account=hand.person.account)
    for what, promised, rows in (("order", hand.orders, orders), ("plan", hand.groups, groups)):
        made, wanted = Counter(rows.values_list("pk", flat=True)), Counter(promised)
        name = hand.person.name
        verdict.lost += [f"{name}: {what} #{pk} was promised and is not there" for pk in wanted - made]
        verdict.doubled += [f"{name}: {what} #{pk} was made and asked for by nobody" for pk in made - wanted]


def _orders(verdict: Verdict, person: Person, rows: list[Row]) -> None:
    mine = {order.client_order_id: order for order in Order.objects.filter(account=person.account)}
    seen = Counter(UUID(row["client_order_id"]) for row in rows)
    verdict.orders += len(mine)
    verdict.placed += len(rows)
    verdict.states.update(order.state for order in mine.values())
    verdict.kinds.update(_kind(order) for order in mine.values())
    groups = OrderGroup.objects.filter(account=person.account)
    verdict.plans.update(f"{PlanKind(group.kind).name.lower()} {group.state}" for group in groups)
    verdict.doubled += [
        f"{person.name}: order {key} was placed {times} times" for key, times in seen.items() if times > 1
    ]
    for row in rows:
        order = mine.get(UUID(row["client_order_id"]))
        if order is None or (order.state in (OrderState.DENIED, OrderState.NOT_FOUND)):
            verdict.lost.append(f"{person.name}: order {row['client_order_id']}, there {row['status']}, here {order}")
            continue
        there = (ENDS[row["status"]], Decimal(row["filled_size"]), row["order_id"])
        here = (OrderState(order.state), order.filled, order.exchange_order_id)
        if there != here:
            verdict.different.append(f"{person.name}: order #{order.pk} {order}: there {there}, here {here}")
    for key, order in mine.items():
        if key not in seen and (order.state not in UNSENT or order.filled):
            verdict.different.append(f"{person.name}: order #{order.pk} {order} is {order.state} here and not there")


def _kind(order: Order) -> str:
    name = OrderKind(order.kind).name.lower().replace("_", "-")
    force = TimeInForce(order.time_in_force).name
    extra = " post-only" if order.post_only else ""
    return f"{name}{f' {force}' if order.kind == OrderKind.LIMIT else ''}{extra}"


def _fills(verdict: Verdict, person: Person, rows: list[Row]) -> None:
    fills = Fill.objects.filter(account=person.account).select_related("order")
    mine = Counter((fill.order.exchange_order_id, fill.trade_id) for fill in fills)
    amounts = {(fill.order.exchange_order_id, fill.trade_id): _of_ours(fill) for fill in fills}
    theirs = {(row["order_id"], row["entry_id"]): _of_theirs(row) for row in rows}
    verdict.fills += sum(mine.values())
    verdict.lost += [f"{person.name}: fill {key} {theirs[key]}" for key in theirs.keys() - mine.keys()]
    verdict.doubled += [f"{person.name}: fill {key} is here {times} times" for key, times in mine.items() if times > 1]
    verdict.doubled += [f"{person.name}: fill {key} is here and not there" for key in mine.keys() - theirs.keys()]
    for key in amounts.keys() & theirs.keys():
        if amounts[key] != theirs[key]:
            verdict.different.append(f"{person.name}: fill {key}: there {theirs[key]}, here {amounts[key]}")


def _of_ours(fill: Fill) -> tuple[Any, ...]:
    return (fill.order.side, fill.price, fill.quantity, fill.fee, fill.maker)


def _of_theirs(row: Row) -> tuple[Any, ...]:
    amounts = (kept(Decimal(row[name])) for name in ("price", "size", "commission"))
    return (row["side"].lower(), *amounts, row["liquidity_indicator"] == "MAKER")


def _balances(verdict: Verdict, person: Person, theirs: dict[str, tuple[Decimal, Decimal]]) -> None:
    mine = {row.currency: row.total for row in Balance.objects.filter(account=person.account)}
    for currency in sorted({*mine, *theirs}):
        there, here = sum(theirs.get(currency, ()), Decimal(0)), mine.get(currency, Decimal(0))
        if there != here:
            verdict.different.append(f"{person.name}: {currency}: there {there}, here {here}, {there - here} apart")


def _ours(verdict: Verdict, person: Person) -> None:
    try:
        changes = position_changes(person.account)
    except ValidationError as error:
        verdict.different += error.messages
    else:
        verdict.different += [f"{person.name}: {change}" for change in changes]
    rows = Difference.objects.filter(account=person.account, resolved=None)
    verdict.different += [f"{person.name}: {row}" for row in rows]
