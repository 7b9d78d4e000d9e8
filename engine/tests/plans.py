"""Plans and markets for tests. A lot is 0.01, a tick 0.01; a plan sells 100 lots unless it says otherwise."""

from typing import Any

import numpy as np

from engine.kinds import OrderKind, PlanKind
from engine.plans.simulate import Simulation, simulate
from engine.records import CANDLE, PLAN, Record
from engine.tests.records import PRODUCT, record, rules

START = 600  # seconds: where the candles begin


def native(*kinds: OrderKind) -> int:
    return sum(1 << kind for kind in kinds)


def plan(kind: PlanKind, **fields: Any) -> Record:
    return record(PLAN, **({"kind": kind, "side": -1, "qty": 100, "swap": 60} | fields))


def candles(*bars: tuple[float, ...] | None, volume: float = 1000.0) -> np.ndarray:
    """Minutes from (open, high, low, close), or from one price that did not move; None is a minute without trade."""
    rows = np.zeros(len(bars), CANDLE)
    for i, prices in enumerate(bars):
        told = (prices or (0.0,)) * (4 if prices is None or len(prices) == 1 else 1)
        rows[i] = (START + 60 * i, *told, volume)
    return rows[[prices is not None for prices in bars]]


def run(asked: Record, *bars: tuple[float, ...] | None, volume: float = 1000.0, **costs: str) -> Simulation:
    return simulate(asked, candles(*bars, volume=volume), rules(PRODUCT, **costs))


def told(done: Simulation) -> list[tuple[int, str, int, float | None]]:
    """Every order as (leg, kind, lots filled, average price)."""
    return [(order.leg, order.kind.name, order.filled, order.price) for order in done.orders]
