"""What goes wrong at the exchange while a soak runs: the same seed gives the same rules."""

import random
from typing import Any

Rule = dict[str, Any]
LATE = 7.0  # seconds; longer than a client waits for an answer


def fault_rules(seed: int, *, slow: bool = True) -> list[Rule]:
    """Rules of the switchboard, each with a chance of its own. ``slow``: some answers come after the client is gone."""
    dice = random.Random(seed)

    def some(least: float, most: float) -> float:
        return round(dice.uniform(least, most), 3)

    posts = {"method": "POST", "path": "/orders"}
    cancels = {"method": "POST", "path": "/orders/batch_cancel"}
    rules = [
        {"fault": "reset_after", **posts, "chance": some(0.01, 0.04)},
        {"fault": "server_error_after", **posts, "chance": some(0.01, 0.04)},
        {"fault": "reset", **posts, "chance": some(0.01, 0.03)},
        {"fault": "bad_gateway", **posts, "chance": some(0.01, 0.03)},
        {"fault": "rate_limited_html", **posts, "chance": some(0.01, 0.02)},
        {"fault": "fail", **posts, "reason": "HOLD_FAILURE", "chance": some(0.005, 0.02)},
        {"fault": "refuse", **posts, "reason": "INSUFFICIENT_FUND", "chance": some(0.005, 0.02)},
        {"fault": "reset_after", **cancels, "chance": some(0.02, 0.06)},
        {"fault": "unavailable", **cancels, "chance": some(0.02, 0.06)},
        {"fault": "latency", "path": "/orders*", "seconds": some(0.1, 0.6), "chance": some(0.02, 0.06)},
        {"fault": "drip", "method": "GET", "path": "/orders/historical*", "seconds": 0.5, "chance": some(0.01, 0.03)},
        {"fault": "double", "method": "GET", "path": "/orders/historical*", "chance": some(0.05, 0.2)},
        {"fault": "bad_gateway", "method": "GET", "path": "/orders/historical*", "chance": some(0.01, 0.03)},
        {"fault": "rate_limited", "method": "GET", "path": "*", "chance": some(0.002, 0.01)},
        {"fault": "server_error", "method": "GET", "path": "/accounts", "chance": some(0.01, 0.05)},
        {"fault": "lose_update", "channel": "user", "chance": some(0.1, 0.3)},
        {"fault": "duplicate", "channel": "user", "chance": some(0.05, 0.2)},
        {"fault": "late", "channel": "user", "count": 2, "chance": some(0.05, 0.2)},
        {"fault": "lose", "channel": "user", "chance": some(0.01, 0.05)},
        {"fault": "drop", "channel": "user", "chance": some(0.002, 0.01)},
        {"fault": "close", "channel": "user", "code": 1001, "chance": some(0.002, 0.01)},
        {"fault": "thin", "share": "0.05", "at": some(2, 10), "seconds": some(5, 20)},
        {"fault": "halt", "product": "ETH-*", "at": some(5, 20), "seconds": some(2, 8)},
    ]  # fmt: skip
    if slow:
        rules.append({"fault": "timeout", **posts, "seconds": LATE, "chance": some(0.005, 0.02)})
    return rules


def lags(seed: int) -> dict[str, float]:
    """By how much the exchange's own stores lag behind each other, seconds."""
    dice = random.Random(seed)
    most = {"cancel_lag": 1.0, "visible_lag": 1.0, "fill_lag": 1.5, "balance_lag": 2.0}
    return {name: round(dice.uniform(0, limit), 2) for name, limit in most.items()}
