"""What a backtest hands back."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.kinds import EventKind
from engine.parity import Numbers, TradingRecord


@dataclass(frozen=True)
class Result:
    """``decisions`` (DECIDED) is empty and ``results_hash`` None when nothing was recorded; ``orders`` are PLACED,
    ``fills`` FILL (their order is an index into orders), ``trades`` TRADE; ``equity`` has one element a bar.
    """

    decisions: np.ndarray
    orders: np.ndarray
    fills: np.ndarray
    trades: np.ndarray
    equity: np.ndarray
    metrics: dict[str, Any]
    engine_version: str
    data_hash: str
    results_hash: str | None


def hash_data(candles: np.ndarray) -> str:
    """SHA-256 of the candles' bytes."""
    return hashlib.sha256(np.ascontiguousarray(candles).tobytes()).hexdigest()


def trading_record(decisions: np.ndarray, orders: np.ndarray, fills: np.ndarray) -> TradingRecord:
    """A backtest's rows as engine.parity compares them."""
    return TradingRecord([*_decisions(decisions)], [*_orders(orders)], [*_fills(orders, fills)])


def _decisions(decisions: np.ndarray) -> Iterator[Numbers]:
    names = ("time", "verdict", "blocking", "passed", "unknown", "qty")
    yield from zip(*(decisions[name].tolist() for name in names), strict=True)


def _orders(orders: np.ndarray) -> Iterator[Numbers]:
    names = ("decided", "purpose", "kind", "side", "qty", "limit", "stop")
    yield from zip(*(orders[name].tolist() for name in names), strict=True)


def _fills(orders: np.ndarray, fills: np.ndarray) -> Iterator[Numbers]:
    sides = orders["side"][fills["order"]] if len(fills) else np.empty(0, "i1")
    kinds = np.where(fills["position"] % 2 == 0, EventKind.OPEN, EventKind.BAR)
    rows = (fills["time"], kinds, sides, *(fills[name] for name in ("price", "qty", "fee", "reason")))
    yield from zip(*(row.tolist() for row in rows), strict=True)
