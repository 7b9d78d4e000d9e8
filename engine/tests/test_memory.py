"""What a bot remembers survives being stored, and memory of another layout is refused."""

import numpy as np
import pytest

from engine.memory import MemorySchemaError, memory_bytes, memory_from_bytes, new_memory
from engine.records import MEMORY_SCHEMA


def test_it_comes_back_as_it_was_stored():
    memory = new_memory()
    memory["confirm_side"], memory["confirm_since"], memory["confirm_last"] = -1, 120, 180
    assert memory_from_bytes(memory_bytes(memory)) == memory


def test_nothing_stored_is_a_fresh_start():
    assert memory_from_bytes(b"") == new_memory()


def test_it_can_be_changed_after_it_was_read():
    memory = memory_from_bytes(memory_bytes(new_memory()))
    memory["confirm_side"] = 1
    assert memory["confirm_side"] == 1


@pytest.mark.parametrize(
    "stored",
    [
        np.array([MEMORY_SCHEMA + 1], "i4").tobytes() + memory_bytes(new_memory())[4:],
        memory_bytes(new_memory())[:-1],
        memory_bytes(new_memory()) + b"\0",
        b"\1",
    ],
)
def test_it_refuses_memory_of_another_layout(stored):
    with pytest.raises(MemorySchemaError, match=f"memory must have schema {MEMORY_SCHEMA} and 21 bytes, was schema"):
        memory_from_bytes(stored)
