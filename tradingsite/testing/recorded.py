"""Recorded traffic of exchanges. It has no licence to be shipped, so it lies beside the checkout, or further up."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow
import pytest

FOLDER = "shared/data/coinbase"


def recorded_file(name: str) -> Path:
    """The file, or a skipped test."""
    for folder in Path(__file__).resolve().parents:
        path = folder / FOLDER / name
        if path.is_file():
            return path
    pytest.skip(f"needs {name} in ../{FOLDER}")


@cache
def recorded_frames() -> list[str]:
    """Twelve seconds of BTC-USD and ETH-USD as the WebSocket sent them: trades, tickers, books, candles, beats."""
    file = recorded_file("ws_advanced_2026-08-09_first12s.jsonl.zst")
    text = pyarrow.CompressedInputStream(pyarrow.OSFile(str(file)), "zstd").read().decode()
    lines = [json.loads(line) for line in text.splitlines()]
    return [line["data"] for line in lines if line["t"] == "recv"]


@cache
def recorded_products() -> list[dict[str, Any]]:
    """The products that the exchange listed on 2026-08-09."""
    rows: list[dict[str, Any]] = json.loads(recorded_file("market_products_2026-08-09.json").read_text())["products"]
    return rows
