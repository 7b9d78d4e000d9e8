"""One hash over what was decided, ordered and filled. A backtest and a record of paper or live trading give the same
hash exactly when they are the same.

Each argument is tuples of plain numbers, in any order:

- decision: bar close time, verdict, blocking, passed, unknown, lots;
- order: time of the event that caused it, purpose, kind, side, lots, limit price, stop price (0 = none);
- fill: event time, event kind, side, price, lots, fee, reason.

Times are market time in seconds UTC, words are the numbers of engine.kinds; session and identity are left out.
Decisions are those at the close of a candle of the bot, and those of a hold's check that act.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Numbers = Sequence[int | float]

# Exact amounts sit on decimal boundaries, where the last bit of a float decides about the rounding; multiplied by
# this they do not.
OFF_GRID = 1.000000001618


@dataclass(frozen=True)
class TradingRecord:
    """What one bot did, as the tuples above."""

    decisions: Sequence[Numbers]
    orders: Sequence[Numbers]
    fills: Sequence[Numbers]

    @property
    def results_hash(self) -> str:
        return results_hash(self.decisions, self.orders, self.fills)

    def differences(self, other: "TradingRecord") -> tuple[list[str], list[str]]:
        """What is only in this record and what is only in the other, as the lines that are hashed, sorted."""
        mine = Counter(_lines(self.decisions, self.orders, self.fills))
        theirs = Counter(_lines(other.decisions, other.orders, other.fills))
        return sorted((mine - theirs).elements()), sorted((theirs - mine).elements())


def results_hash(decisions: Iterable[Numbers], orders: Iterable[Numbers], fills: Iterable[Numbers]) -> str:
    """SHA-256 in hex. Prices are compared to 12 significant digits (they lie on the tick), fees to 7."""
    digest = hashlib.sha256()
    for line in _lines(decisions, orders, fills):
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def _lines(decisions: Iterable[Numbers], orders: Iterable[Numbers], fills: Iterable[Numbers]) -> Iterator[str]:
    for name, lines in (
        ("decision", [_whole(row) for row in decisions]),
        ("order", [f"{_whole(row[:5])} {_price(row[5])} {_price(row[6])}" for row in orders]),
        ("fill", [_fill(row) for row in fills]),
    ):
        yield from (f"{name} {line}" for line in sorted(lines))


def _fill(row: Numbers) -> str:
    time, kind, side, price, lots, fee, reason = row
    return f"{_whole((time, kind, side))} {_price(price)} {_whole((lots, reason))} {float(fee) * OFF_GRID:.6e}"


def _whole(numbers: Numbers) -> str:
    return " ".join(str(int(number)) for number in numbers)


def _price(price: float) -> str:
    return f"{float(price):.12g}"
