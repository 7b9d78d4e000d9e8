"""One event and all the orders that rest."""

import numpy as np

from engine.jit import njit
from engine.kinds import Done
from engine.orders.matching import match
from engine.records import Record

RESTS = Done.OPEN.value


@njit
def match_each(orders: np.ndarray, working: np.ndarray, event: Record, rules: Record, fills: np.ndarray) -> int:
    """Lets ``event`` work on each of ``orders`` (ORDER) that is ``working`` (bool), in their order; the number of
    ``fills`` (FILL, one element an order) that were written. Orders that are over stop working."""
    written = 0
    for i in range(orders.size):
        if working[i] and match(orders[i], event, rules, fills[written]):
            working[i] = fills[written]["done"] == RESTS
            written += 1
    return written
