"""Single records for tests, with the fields that matter named."""

from decimal import Decimal
from typing import Any

import numpy as np

from engine.config import Costs, ProductRules, rules_record
from engine.kinds import EventKind
from engine.records import EVENT, FILL, ORDER, SIGNAL, VIEW, Record

PRODUCT = ProductRules(
    "BTC-USD", tick=Decimal("0.01"), lot=Decimal("0.01"), min_size=Decimal("0.01"), min_notional=Decimal(1)
)
FEE = Decimal("0.006")


def record(dtype: np.dtype, /, **fields: Any) -> Record:
    row = np.zeros(1, dtype)[0]
    for name, value in fields.items():
        row[name] = value
    return row


def rules(product: ProductRules = PRODUCT, **costs: str) -> Record:
    return rules_record(product, Costs(**{name: Decimal(value) for name, value in costs.items()}))[0]


def order(**fields: Any) -> Record:
    """A sell of 100 lots (1.00 base) that arrived before everything."""
    return record(ORDER, **({"id": 7, "side": -1, "qty": 100} | fields))


def opening(price: float, position: int = 10) -> Record:
    return record(
        EVENT, kind=EventKind.OPEN, position=position, time=600, open=price, high=price, low=price, close=price
    )


def bar(*, low: float, high: float, open: float | None = None, volume: float = 0.0, position: int = 11) -> Record:
    prices = {"open": open or (low + high) / 2, "high": high, "low": low, "close": (low + high) / 2}
    return record(EVENT, kind=EventKind.BAR, position=position, time=660, volume=volume, **prices)


def silence(position: int = 11) -> Record:
    return record(EVENT, kind=EventKind.TIME, position=position, time=660, open=1, high=1, low=1, close=1)


def fill() -> Record:
    return record(FILL)


def view(**fields: Any) -> Record:
    """A flat bot on an account of 10,000 that may trade."""
    plain = {"cash": 10_000, "equity": 10_000, "day_equity": 10_000, "tradable": True, "accepting": True}
    return record(VIEW, **(plain | {"bars": 100, "warmup": 50} | fields))


def long_signal(**fields: Any) -> Record:
    return record(SIGNAL, **({"side": 1, "score": 0.9, "confidence": 0.9} | fields))
