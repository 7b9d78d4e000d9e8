"""A simulated advanced order as a JSON document. Quantities, prices and money are strings, times UTC."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from apps.backtests.report import iso
from engine.config import ProductRules
from engine.kinds import PlanKind
from engine.plans.simulate import SimulatedFill, SimulatedOrder, Simulation
from engine.plans.words import REASONS, waits_for

LEGS = ("entry", "stop", "target", "market")
SLICED = {PlanKind.ICEBERG, PlanKind.TWAP}
CENT = Decimal("0.00000001")


def order_json(done: Simulation, product: ProductRules) -> dict[str, Any]:
    """What became of the plan, its orders and its fills; times in seconds UTC."""
    filled = sum(fill.qty for fill in done.fills)
    return {
        "outcome": done.outcome.name.lower(),
        "says": waits_for(done.plan, done.state, product),
        "ended": iso(done.ended or None),
        "filled": _quantity(filled, product),
        "fees": str(_money(sum(fill.fee for fill in done.fills))),
        "orders": [_order(done, order, product) for order in done.orders],
        "fills": [_fill(done, fill, product) for fill in done.fills],
    }


def _order(done: Simulation, order: SimulatedOrder, product: ProductRules) -> dict[str, Any]:
    return {
        "leg": _leg(done, order.leg),
        "attempt": order.attempt,
        "kind": order.kind.name.lower(),
        "side": _side(order.side),
        "quantity": _quantity(order.qty, product),
        "filled": _quantity(order.filled, product),
        "limit_price": _price(order.limit, product),
        "stop_price": _price(order.stop, product),
        "average_price": str(_money(order.price)) if order.price else None,
        "placed": iso(order.placed),
        "because": REASONS[order.reason],
        "state": order.state.name.lower(),
    }


def _fill(done: Simulation, fill: SimulatedFill, product: ProductRules) -> dict[str, Any]:
    return {
        "leg": _leg(done, fill.leg),
        "attempt": fill.attempt,
        "time": iso(fill.time),
        "side": _side(fill.side),
        "price": _price(fill.price, product),
        "quantity": _quantity(fill.qty, product),
        "fee": str(_money(fill.fee)),
        "maker": fill.maker,
        "reason": fill.reason.name.lower(),
    }


def _leg(done: Simulation, leg: int) -> str:
    return "slice" if PlanKind(int(done.plan["kind"])) in SLICED else LEGS[leg]


def _side(side: int) -> str:
    return "buy" if side > 0 else "sell"


def _quantity(lots: int, product: ProductRules) -> str:
    return f"{product.quantity(lots):f}"


def _price(value: float, product: ProductRules) -> str | None:
    """On the tick; the core's float is but its last digit off."""
    if not value > 0.0:
        return None
    return f"{(Decimal(value) / product.tick).quantize(Decimal(1), ROUND_HALF_EVEN) * product.tick:f}"


def _money(value: float) -> Decimal:
    return Decimal(value).quantize(CENT).normalize() + 0
