"""What goes wrong at the exchange while a soak runs, spell by spell: the same seed gives the same rules."""

import random
from typing import Any

Rule = dict[str, Any]
LATE = 7.0  # seconds; longer than a client waits for an answer
SKEW = 300.0  # seconds; more than a token's life
POSTS = {"method": "POST", "path": "/orders"}
CANCELS = {"method": "POST", "path": "/orders/batch_cancel"}
READS = {"method": "GET", "path": "/orders/historical*"}
ACCOUNTS = {"method": "GET", "path": "/accounts"}
USER, MARKET = {"channel": "user"}, {"channel": "market_trades"}

# Fault, where, the least and the most of its chance, and what else it needs.
CALLS: tuple[tuple[str, Rule, float, float], ...] = (
    ("reset_after", POSTS, 0.01, 0.04), ("server_error_after", POSTS, 0.01, 0.04), ("reset", POSTS, 0.01, 0.03),
    ("bad_gateway", POSTS, 0.01, 0.03), ("rate_limited_html", POSTS, 0.01, 0.02),
    ("unauthorized", POSTS, 0.003, 0.01), ("forbidden", POSTS, 0.003, 0.01),
    ("fail", POSTS | {"reason": "HOLD_FAILURE"}, 0.005, 0.02),
    ("refuse", POSTS | {"reason": "INSUFFICIENT_FUND"}, 0.005, 0.02),
    ("reset_after", CANCELS, 0.02, 0.06), ("unavailable", CANCELS, 0.02, 0.06), ("forbidden", CANCELS, 0.005, 0.01),
    ("latency", {"path": "/orders*", "seconds": 0.3}, 0.02, 0.06), ("drip", READS | {"seconds": 0.5}, 0.01, 0.03),
    ("double", READS, 0.05, 0.2), ("bad_gateway", READS, 0.01, 0.03), ("unauthorized", READS, 0.001, 0.004),
    ("forbidden", READS, 0.001, 0.004), ("rate_limited", {"method": "GET"}, 0.002, 0.01),
    ("server_error", ACCOUNTS, 0.01, 0.05),
)  # fmt: skip
FRAMES: tuple[tuple[str, Rule, float, float], ...] = (
    ("lose_update", USER, 0.1, 0.3), ("duplicate", USER, 0.05, 0.2), ("late", USER | {"count": 2}, 0.05, 0.2),
    ("lose", USER, 0.01, 0.05), ("drop", USER, 0.002, 0.01), ("close", USER | {"code": 1000}, 0.001, 0.005),
    ("close", USER | {"code": 1001}, 0.001, 0.005), ("silence", USER, 0.002, 0.01), ("auth_error", USER, 0.001, 0.005),
    ("lose", MARKET, 0.001, 0.004), ("duplicate", MARKET, 0.01, 0.03), ("drop", MARKET, 0.001, 0.003),
    ("silence", MARKET | {"seconds": 20.0}, 0.0, 0.002), ("delay", USER | {"seconds": 1.0}, 0.02, 0.1),
    ("large", {"channel": "l2_data"}, 0.0, 0.05),
)  # fmt: skip
# One of these a spell: where, and how many seconds it lasts.
STATES: tuple[tuple[str, Rule, float, float], ...] = (
    ("thin", {"share": "0.05"}, 5, 15), ("halt", {"product": "ETH-*"}, 2, 8), ("halt", {"product": "*-USD"}, 2, 5),
    ("cancel_only", {"product": "BTC-*"}, 2, 8), ("limit_only", {"product": "SOL-*"}, 2, 8),
    ("post_only", {"product": "BTC-*"}, 2, 8), ("restart", {}, 2, 6), ("skew", {}, 4, 10),
)  # fmt: skip


def fault_rules(seed: int, spell: int, seconds: float, *, slow: bool = True) -> list[Rule]:
    """Rules of the switchboard for a spell of so many seconds, each with a chance of its own; by and by each state of
    the exchange comes. ``slow``: some answers come after the client is gone."""
    dice = random.Random(f"{seed}/{spell}")

    def some(least: float, most: float) -> float:
        return round(dice.uniform(least, most), 4)

    rules = [{"fault": fault, **where, "chance": some(*chance)} for fault, where, *chance in (*CALLS, *FRAMES)]
    if slow:
        rules.append({"fault": "timeout", **POSTS, "seconds": LATE, "chance": some(0.005, 0.02)})
    if dice.random() < 0.3:
        rules.append({"fault": "crash", **POSTS, "skip": dice.randint(2, 20), "times": 1})
    order = random.Random(seed).sample(STATES, len(STATES))
    fault, where, *lasts = order[spell % len(order)]
    begins, lasting = some(0.1, 0.5) * seconds, some(*lasts)
    if fault == "skew":  # has no end of its own
        return [*rules, {"fault": "skew", "at": begins, "seconds": dice.choice([-SKEW, SKEW])},
                {"fault": "skew", "at": begins + lasting, "seconds": 0.0}]  # fmt: skip
    return [*rules, {"fault": fault, **where, "at": begins, "seconds": lasting}]


def lags(seed: int) -> dict[str, float]:
    """By how much the exchange's own stores lag behind each other, seconds."""
    dice = random.Random(seed)
    most = {"cancel_lag": 1.0, "visible_lag": 1.0, "fill_lag": 1.5, "balance_lag": 2.0}
    return {name: round(dice.uniform(0, limit), 2) for name, limit in most.items()}
