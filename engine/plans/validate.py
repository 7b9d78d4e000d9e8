"""Advanced orders from outside: parsed, snapped to the product's increments, refused with field, value and rule."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import numpy as np

from engine.config import ProductRules
from engine.kinds import OrderKind, PlanKind, PriceSource, TimeInForce
from engine.plans.definitions import DEFINITIONS
from engine.plans.fields import Field, Params
from engine.plans.refusals import check
from engine.records import PLAN, Record
from engine.strategies.base import ParameterError

SAME_NAME = (
    "escalate_after", "escalate_beyond", "escalate_cap", "swap", "offset", "rest", "every", "variance", "drift",
    "slices", "duration", "post_only", "expires",
)  # fmt: skip


def validate(
    kind: PlanKind, raw: Mapping[str, object], *, product: ProductRules, last: Decimal | None = None
) -> dict[str, Any]:
    """All parameters of the kind, typed and on the product's grid, defaults filled in, None where nothing was given.

    Quantities are snapped down, prices never worse than asked (a seller's up, a buyer's down). ``last`` is the last
    price: with it, what would trigger at once or stands on the wrong side of the market is refused too. Raises
    ParameterError.
    """
    fields = {field.name: field for field in DEFINITIONS[kind].fields}
    for name, value in raw.items():
        if name not in fields:
            raise ParameterError(name, value, f"must be a parameter of {DEFINITIONS[kind].name} ({', '.join(fields)})")
    params = {name: field.parse(raw.get(name)) for name, field in fields.items()}
    for name, field in fields.items():
        if params[name] is not None:
            params[name] = _snapped(field, params[name], params["side"] == "buy", product)
    check(kind, params, product, last)
    return params


def _snapped(field: Field, value: Any, buys: bool, product: ProductRules) -> Any:
    if field.kind == "quantity":
        step, rounding = product.lot, ROUND_FLOOR
    elif field.kind == "price":
        step, rounding = product.tick, ROUND_FLOOR if buys != field.exit else ROUND_CEILING
    else:
        return value
    snapped = (value / step).to_integral_value(rounding) * step
    if snapped <= 0:
        raise ParameterError(field.name, value, f"must be at least {step}")
    return snapped


def compile_plan(
    kind: PlanKind,
    params: Params,
    *,
    product: ProductRules,
    native: frozenset[OrderKind] = frozenset(),
    seed: int = 0,
    start: int = 0,
) -> Record:
    """The PLAN record of what ``validate`` returned.

    ``native``: kinds of order that the exchange holds itself; ``seed``: of an iceberg's slices, stored with the plan;
    ``start``: market time of a TWAP's first slice.
    """
    plan = np.zeros(1, PLAN)[0]
    plan["kind"], plan["side"] = kind, 1 if params["side"] == "buy" else -1
    plan["qty"] = product.lots(params["quantity"])
    plan["native"] = sum(1 << each for each in native)
    plan["seed"], plan["start"] = seed, start
    plan["source"] = PriceSource[params.get("source", "last").upper()]
    for name in SAME_NAME:
        if params.get(name) is not None:
            plan[name] = params[name]
    _prices(plan, kind, params, product)
    if kind == PlanKind.TWAP:
        plan["tif"] = TimeInForce.IOC
    elif "time_in_force" in params:
        plan["tif"] = TimeInForce[params["time_in_force"].upper()]
    return plan


def plan_fields(plan: Record) -> dict[str, int | float | bool]:
    """The fields of a PLAN record that say anything, for JSON; without those that a row has itself: kind, side and
    quantity, and what the exchange holds."""
    fields = {name: plan[name].item() for name in PLAN.names or ()}
    return {name: value for name, value in fields.items() if value and name not in {"kind", "side", "qty", "native"}}


def _prices(plan: Record, kind: PlanKind, params: Params, product: ProductRules) -> None:
    def price(name: str) -> float:
        return float(params.get(name) or 0)

    plan["stop"], plan["target"] = price("stop_price"), price("target_price")
    if kind == PlanKind.TRIGGER:
        plan["stop_limit"] = price("limit_price")
        plan["when"] = {"above": 1, "below": -1}.get(params["when"], 0)
    else:
        plan["limit"], plan["stop_limit"] = price("limit_price"), price("stop_limit_price")
    if kind == PlanKind.ICEBERG:
        plan["display"] = product.lots(params["display"])
    if kind == PlanKind.TRAILING:
        plan["absolute"] = params["callback_amount"] is not None
        plan["callback"] = params["callback_amount"] or params["callback"]
        plan["by_limit"] = params["order"] == "limit"
        plan["activation"] = float(activation_price(params, product) or 0)


def activation_price(params: Params, product: ProductRules) -> Decimal | None:
    """Where a trailing stop begins: the price given, or the profit given from the entry price, on the tick."""
    if params["activation_profit"] is None:
        return params["activation_price"]
    sells = params["side"] == "sell"
    price = params["entry_price"] * (1 + params["activation_profit"] * (1 if sells else -1))
    ticks = (price / product.tick).to_integral_value(ROUND_CEILING if sells else ROUND_FLOOR)
    return ticks * product.tick
