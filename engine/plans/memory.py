"""How a plan's state is stored between two events."""

import numpy as np

from engine.memory import MemorySchemaError
from engine.records import PLAN_SCHEMA, PLAN_STATE, Record


def new_state() -> Record:
    """The state of a plan that has seen nothing yet."""
    state = np.zeros(1, PLAN_STATE)
    state["schema"] = PLAN_SCHEMA
    state["available"] = -1
    return state[0]


def state_bytes(state: Record) -> bytes:
    return state.tobytes()


def state_from_bytes(stored: bytes) -> Record:
    """The stored state; empty bytes are a fresh start. Raises MemorySchemaError on another layout."""
    if not stored:
        return new_state()
    schema = int(np.frombuffer(stored[:4].ljust(4, b"\0"), "i4")[0])
    if schema != PLAN_SCHEMA or len(stored) != PLAN_STATE.itemsize:
        raise MemorySchemaError(
            f"a plan's state must have schema {PLAN_SCHEMA} and {PLAN_STATE.itemsize} bytes, "
            f"was schema {schema} and {len(stored)} bytes"
        )
    return np.frombuffer(stored, PLAN_STATE).copy()[0]
