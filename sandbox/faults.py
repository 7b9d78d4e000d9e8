"""A switchboard of faults: which happen, where, how often. The same seed and calls give the same faults."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from sandbox.money import amount

CALL_FAULTS = {
    "latency": "the answer waits `seconds`",
    "timeout": "the request is carried out, the answer never comes: after `seconds` the connection is cut",
    "reset": "the connection is cut before anything is done",
    "reset_after": "the request is carried out, then the connection is cut",
    "unauthorized": "401",
    "forbidden": "403, scopes missing",
    "rate_limited": "429 with a JSON body",
    "rate_limited_html": "429 with a page",
    "server_error": "500",
    "bad_gateway": "502 with a page",
    "unavailable": "503 with a page",
    "server_error_after": "the request is carried out, the answer is 500",
    "refuse": "an order, edit, cancel or preview is refused with `reason`, any code of the exchange",
    "fail": "an order is accepted and FAILED at once with the reject reason `reason`",
    "double": "each row of a listing of orders or fills comes twice",
    "correct": "each fill of a listing comes a second time, as one that is taken back: `reason` is its trade_type",
    "crash": "the request is carried out, then the process dies as by kill -9; not beside a test",
    "drip": "the answer comes byte by byte over `seconds`",
}
FRAME_FAULTS = {
    "close": "the connection is closed with `code` (1000, 1001, 1011)",
    "drop": "the connection is cut without a word: 1006 at the other end",
    "silence": "nothing more is sent for `seconds` (0: ever), the connection stays open",
    "duplicate": "the frame is sent twice",
    "late": "the frame comes after the next `count` frames",
    "delay": "what the frame says is told `seconds` later, and numbered then",
    "large": "a snapshot of level2 has 44,000 levels more, far from the market: some 4.6 MB",
    "lose": "the frame is lost, its sequence number is missing",
    "lose_update": "what the frame would have said is left out, no number is missing",
    "auth_error": "an error frame says that authentication failed",
}
STATE_FAULTS = {
    "halt": "products are closed for trading for `seconds`",
    "cancel_only": "products take only cancels for `seconds`",
    "limit_only": "products take no market orders for `seconds`",
    "post_only": "products take only post-only orders for `seconds`",
    "thin": "the crowd quotes and trades only `share` of its usual size: orders fill in parts",
    "skew": "the exchange's clock is `seconds` ahead (below 0: behind)",
    "restart": "all connections end with 1001, and nothing is answered for `seconds`",
}
CODES = (1000, 1001, 1002, 1003, 1008, 1009, 1011, 1012, 1013)
MOST = 10**9
KINDS = {**CALL_FAULTS, **FRAME_FAULTS, **STATE_FAULTS}


@dataclass(slots=True)
class Rule:
    """One fault. Globs: ``method``, ``path`` (without the API's prefix), ``channel``, ``product``.

    Of the calls or frames that match, the first ``skip`` are spared; then each is hit with ``chance``, ``times`` times
    at most (0: without end). ``at``: a state fault begins so many seconds after it is set.
    """

    fault: str
    method: str = "*"
    path: str = "*"
    channel: str = "*"
    product: str = "*"
    chance: float = 1.0
    skip: int = 0
    times: int = 0
    seconds: float = 0.0
    at: float = 0.0
    code: int = 1001
    count: int = 1
    share: str = "0.01"
    reason: str = ""
    seen: int = field(default=0, init=False)
    hits: int = field(default=0, init=False)

    def as_row(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


def read_rule(row: Mapping[str, Any]) -> Rule:
    """Raises ValueError naming the field, the value and the rule."""
    known = {one.name: one for one in fields(Rule) if one.init}
    for name, value in row.items():
        if name not in known:
            raise ValueError(f"a fault's field must be one of {', '.join(known)}, was {name!r}")
        kind = type(known[name].default) if name != "fault" else str
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not (isinstance(value, str) if kind is str else number):
            raise ValueError(f"{name} must be {'text' if kind is str else 'a number'}, was {value!r}")
    if row.get("fault") not in KINDS:
        raise ValueError(f"fault must be one of {', '.join(KINDS)}, was {row.get('fault')!r}")
    rule = Rule(**row)
    _check_numbers(rule)
    if rule.fault in ("refuse", "fail") and not rule.reason:
        raise ValueError(f"reason must be a code of the exchange for {rule.fault!r}, was ''")
    return rule


def _check_numbers(rule: Rule) -> None:
    """Raises ValueError naming the field, the value and the rule. NaN is within no bounds."""
    for name, low, high in (
        ("chance", 0, 1), ("skip", 0, MOST), ("times", 0, MOST), ("count", 1, MOST), ("at", 0, MOST),
        ("seconds", -MOST if rule.fault == "skew" else 0, MOST),
    ):  # fmt: skip
        value = getattr(rule, name)
        if not low <= value <= high:
            raise ValueError(f"{name} must be {low} to {high}, was {value}")
    for name in ("skip", "times", "count", "code"):
        if getattr(rule, name) != int(getattr(rule, name)):
            raise ValueError(f"{name} must be a whole number, was {getattr(rule, name)}")
    if rule.code not in CODES:
        raise ValueError(f"code must be one of {', '.join(map(str, CODES))}, was {rule.code}")
    try:
        share = amount(rule.share)
    except ValueError:
        share = Decimal(-1)
    if not 0 <= share <= 1:
        raise ValueError(f"share must be the text of a number from 0 to 1, was {rule.share!r}")


def read_plan(plan: object) -> tuple[int | None, list[dict[str, Any]]]:
    """The seed (None: as it is) and the rows of rules of a file, or of a call. Raises ValueError."""
    if not isinstance(plan, dict):
        raise ValueError(f"faults must be an object with 'rules', were {plan!r:.40}")
    seed, rows = plan.get("seed"), plan.get("rules", [])
    if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool)):
        raise ValueError(f"seed must be a whole number, was {seed!r}")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("rules must be a list of objects")
    return seed, rows


class Switchboard:
    """Rules in force, in the order in which they were set."""

    def __init__(self, seed: int = 0) -> None:
        self.rules: list[Rule] = []
        self.hits: Counter[str] = Counter()
        self._random = Random(seed)

    def reseed(self, seed: int) -> None:
        self._random = Random(seed)

    def set(self, rows: Iterable[Mapping[str, Any]]) -> list[Rule]:
        """Adds rules; none if one of them is wrong. Raises ValueError."""
        rules = [read_rule(row) for row in rows]
        self.rules += rules
        return rules

    def clear(self) -> None:
        self.rules.clear()

    def of_call(self, method: str, path: str) -> list[Rule]:
        """The faults that hit this request."""
        return self._draw(
            rule
            for rule in self.rules
            if rule.fault in CALL_FAULTS and fnmatchcase(method, rule.method) and fnmatchcase(path, rule.path)
        )

    def of_frame(self, channel: str, *, book: bool) -> list[Rule]:
        """The faults that hit this frame. ``book``: it is a snapshot of level2."""
        return self._draw(
            rule
            for rule in self.rules
            if rule.fault in FRAME_FAULTS and fnmatchcase(channel, rule.channel) and (book or rule.fault != "large")
        )

    def _draw(self, matching: Iterable[Rule]) -> list[Rule]:
        hit = []
        for rule in matching:
            rule.seen += 1
            spent = rule.times and rule.hits >= rule.times
            if spent or rule.seen <= rule.skip or self._random.random() >= rule.chance:
                continue
            rule.hits += 1
            self.hits[rule.fault] += 1
            hit.append(rule)
        return hit
