"""JSON as the exchange writes it: without a space."""

import json
from typing import Any


def compact(row: Any) -> str:
    return json.dumps(row, separators=(",", ":"))
