"""What a bot must remember between two bars and rows cannot yield, and how it is stored."""

import numpy as np

from engine.records import MEMORY, MEMORY_SCHEMA, Record


class MemorySchemaError(Exception):
    """Stored memory has a layout that this core does not know; entries must pause until it is upgraded."""


def new_memory() -> Record:
    """The memory of a bot that has seen nothing yet."""
    memory = np.zeros(1, MEMORY)
    memory["schema"] = MEMORY_SCHEMA
    return memory[0]


def memory_bytes(memory: Record) -> bytes:
    return memory.tobytes()


def memory_from_bytes(stored: bytes) -> Record:
    """The stored memory; empty bytes are a fresh start. Raises MemorySchemaError on another layout."""
    if not stored:
        return new_memory()
    schema = int(np.frombuffer(stored[:4].ljust(4, b"\0"), "i4")[0])
    if schema != MEMORY_SCHEMA or len(stored) != MEMORY.itemsize:
        raise MemorySchemaError(
            f"memory must have schema {MEMORY_SCHEMA} and {MEMORY.itemsize} bytes, "
            f"was schema {schema} and {len(stored)} bytes"
        )
    return np.frombuffer(stored, MEMORY).copy()[0]
