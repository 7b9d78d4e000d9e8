"""Advanced orders of every kind, with parameters drawn near the market so that something happens within seconds."""

import random
from decimal import Decimal

from engine.kinds import PlanKind

Params = dict[str, object]
BUYERS = (PlanKind.BRACKET, PlanKind.ICEBERG, PlanKind.TWAP, PlanKind.TRIGGER)
SELLERS = (PlanKind.OCO, PlanKind.TRAILING, PlanKind.TRIGGER, PlanKind.ICEBERG, PlanKind.TWAP)


def plan_of(dice: random.Random, price: Decimal, lot: Decimal, has: Decimal) -> tuple[PlanKind, Params]:
    """A kind and its parameters: a sale of a part of what there ``has`` been bought, or a purchase of ``lot``."""
    sells = bool(has) and dice.random() < 0.6
    kind = dice.choice(SELLERS if sells else BUYERS)
    quantity = has * _ratio(dice, 0.2, 0.8) if sells else lot
    sign = -1 if sells else 1  # a seller's stop lies below the price, a buyer's above it
    near, far = _ratio(dice, 0.0003, 0.001), _ratio(dice, 0.001, 0.003)
    own: dict[PlanKind, Params] = {
        PlanKind.TRIGGER: {"stop_price": price * (1 + sign * near), "escalate_after": 3},
        PlanKind.OCO: {"stop_price": price * (1 - near), "target_price": price * (1 + near), "swap": 3},
        PlanKind.BRACKET: {"stop_price": price * (1 - far), "target_price": price * (1 + far), "swap": 3},
        PlanKind.TRAILING: {"callback": near, "every": 1, "rest": dice.random() < 0.5},
        PlanKind.ICEBERG: {"display": quantity / 4, "drift": "0.0005"},
        PlanKind.TWAP: {"slices": 3, "duration": 12},
    }
    common: Params = {"side": "sell" if sells else "buy", "quantity": quantity}
    params = common | own[kind]
    return kind, {name: str(value) if isinstance(value, Decimal) else value for name, value in params.items()}


def _ratio(dice: random.Random, least: float, most: float) -> Decimal:
    return Decimal(repr(round(dice.uniform(least, most), 6)))
