"""A group and its orders as the core's records: rebuilt from rows at every step, but for the memory."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import connection

from apps.markets.models import Feed, Product
from apps.markets.rules import product_rules
from apps.operations.formats import short
from apps.orders.models import Order, OrderGroup
from engine import records
from engine.events import event_position
from engine.kinds import EventKind, LegState, OrderKind, PlanKind, Side
from engine.orders.states import OrderState
from engine.plans.definitions import DEFINITIONS
from engine.plans.validate import compile_plan

STATES = {
    OrderState.PENDING: LegState.PENDING,
    OrderState.SUBMITTING: LegState.PENDING,
    OrderState.OPEN: LegState.OPEN,
    OrderState.CANCELLING: LegState.CANCELLING,
    OrderState.FILLED: LegState.FILLED,
    OrderState.CANCELLED: LegState.ENDED,
    OrderState.EXPIRED: LegState.ENDED,
    OrderState.UNKNOWN: LegState.UNKNOWN,
    OrderState.NOT_FOUND: LegState.UNKNOWN,
    OrderState.DENIED: LegState.REFUSED,
    OrderState.REJECTED: LegState.REFUSED,
}
REMEMBER = """
    UPDATE orders_ordergroup AS led
    SET memory = told.memory, protects = told.protects, position = told.position, changed = told.changed
    FROM unnest(%s::bigint[], %s::bytea[], %s::numeric[], %s::bigint[], %s::boolean[])
        AS told (id, memory, protects, position, changed)
    WHERE led.id = told.id
"""
OVER = (LegState.FILLED, LegState.ENDED, LegState.REFUSED)


def plan_record(group: OrderGroup) -> records.Record:
    """What was asked for (PLAN), with the kinds that the exchange was last known to hold itself."""
    stored, kind = group.params, PlanKind(group.kind)
    typed = {field.name: field.parse(stored.get(field.name)) for field in DEFINITIONS[kind].fields}
    native = frozenset(OrderKind(each) for each in stored.get("native", ()))
    return compile_plan(
        kind, typed, product=product_rules(group.product), native=native, seed=stored["seed"], start=stored["start"]
    )


def stored_params(typed: Mapping[str, Any], *, seed: int, start: int) -> dict[str, Any]:
    """What ``validate`` gave, as JSON keeps it: exact decimals as text."""
    values = {name: short(value) if isinstance(value, Decimal) else value for name, value in typed.items()}
    return values | {"seed": seed, "start": start}


def groups_save(groups: Sequence[OrderGroup]) -> None:
    """Writes what groups of a locked account remember: hundreds, every second."""
    if not groups:
        return
    columns = zip(
        *((row.pk, bytes(row.memory), row.protects, row.position, row.changed) for row in groups), strict=True
    )
    with connection.cursor() as cursor:
        cursor.execute(REMEMBER, [list(column) for column in columns])


def leg_records(group: OrderGroup, orders: Iterable[Order]) -> np.ndarray:
    """The legs (LEG) from the group's orders, oldest first."""
    legs = np.zeros(records.LEGS, records.LEG)
    spent = [Decimal(0)] * records.LEGS
    for order in orders:
        leg, state = legs[order.leg], leg_state(order)
        leg["attempt"], leg["state"], leg["kind"] = order.attempt, state, order.kind
        leg["side"] = Side.BUY if order.side == Order.Side.BUY else Side.SELL
        leg["qty"], leg["filled"] = lots(order.quantity, group.product), lots(order.filled, group.product)
        leg["limit"], leg["stop"] = float(order.limit_price or 0), float(order.stop_price or 0)
        leg["total"] += leg["filled"]
        leg["open"] += 0 if state in OVER else leg["qty"] - leg["filled"]
        spent[order.leg] += order.filled_notional
        if leg["total"]:
            leg["price"] = float(spent[order.leg] / (group.product.base_increment * int(leg["total"])))
    return legs


def leg_state(order: Order) -> LegState:
    """A cancel that was asked for counts as under way."""
    state = STATES[OrderState(order.state)]
    asked = order.cancel_requested and state in (LegState.PENDING, LegState.OPEN)
    return LegState.CANCELLING if asked else state


def quiet_event(group: OrderGroup, at: int, price: float) -> records.Record:
    """No news of the market (CHANGE): an order changed or the clock moved to ``at``; the price is the last it saw."""
    event = np.zeros(1, records.EVENT)[0]
    event["kind"], event["position"], event["time"] = EventKind.CHANGE, group.position, at
    for name in ("open", "high", "low", "close"):
        event[name] = price
    return event


def tick_event(feed: Feed, price: float, at: float) -> records.Record:
    """One trade of a live market: at the position of the BAR of its second."""
    second = int(at)
    event = np.zeros(1, records.EVENT)[0]
    event["kind"], event["time"] = EventKind.TICK, second
    event["position"] = event_position(session=feed.session_id, time=second, kind=EventKind.BAR, granularity=1)
    for name in ("open", "high", "low", "close"):
        event[name] = price
    return event


def lots(quantity: Decimal, product: Product) -> int:
    return int(quantity // product.base_increment)
