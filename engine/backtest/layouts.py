"""What a backtest writes down, row by row. Units as in engine.records."""

from typing import NamedTuple

import numpy as np

from engine.records import Record

DECIDED = np.dtype(
    [
        ("time", "i8"),  # close of the decision's bar
        ("action", "i1"),
        ("verdict", "i1"),
        ("reason", "i1"),
        ("blocking", "i2"),
        ("passed", "i8"),
        ("unknown", "i8"),
        ("qty", "i8"),
    ]
)

PLACED = np.dtype(
    [
        ("decided", "i8"),  # market time of the event that caused the order
        ("purpose", "i1"),  # Purpose
        ("kind", "i1"),  # OrderKind
        ("side", "i1"),
        ("qty", "i8"),
        ("limit", "f8"),
        ("stop", "f8"),
    ]
)

# The account between two events, beyond what a decision sees.
STATE = np.dtype(
    [
        ("cash", "f8"),  # all of it, held or free
        ("live", "b1"),  # the order is working
        ("purpose", "i1"),  # Purpose of the order
        ("reason", "i1"),  # ExitReason of a market exit
        ("spent", "f8"),  # on the position that is open, fees left out
        ("earned", "f8"),  # by what was sold of it, fees left out
        ("midnight", "i8"),  # the next one
    ]
)

# How many rows are written.
COUNTS = np.dtype([("decided", "i8"), ("placed", "i8"), ("fills", "i8"), ("trades", "i8")])


class Desk(NamedTuple):
    """The single records that a run works with."""

    state: Record
    signal: Record
    conditions: Record
    event: Record
    memory: Record
    account: Record  # VIEW; numba reserves the name .view
    settings: Record
    policy: Record
    rules: Record
    order: Record
    decision: Record
    counts: Record


class Rows(NamedTuple):
    """The arrays that a run fills."""

    decided: np.ndarray
    placed: np.ndarray
    fills: np.ndarray
    trades: np.ndarray
    equity: np.ndarray  # one element a bar


class Columns(NamedTuple):
    """A strategy's signals as the loop reads them; stop, target and hold may have one element for all.

    values, thresholds and passed: a row a condition; empty where nothing is explained.
    """

    side: np.ndarray
    score: np.ndarray
    confidence: np.ndarray
    stop: np.ndarray
    target: np.ndarray
    hold: np.ndarray
    values: np.ndarray
    thresholds: np.ndarray
    passed: np.ndarray
