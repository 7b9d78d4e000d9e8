"""The life of an order: one table of legal moves and one function that makes them."""

from enum import StrEnum


class OrderState(StrEnum):
    PENDING = "pending"  # committed here, not yet sent
    DENIED = "denied"  # refused by ourselves
    SUBMITTING = "submitting"  # a worker is sending it
    OPEN = "open"
    FILLED = "filled"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"  # refused by the exchange
    UNKNOWN = "unknown"  # perhaps sent: looked up, never sent again blindly
    NOT_FOUND = "not_found"  # looked up over the grace time and not there


S = OrderState
SHOWN_BY_EXCHANGE = frozenset({S.OPEN, S.FILLED, S.CANCELLED, S.EXPIRED, S.REJECTED})

TRANSITIONS: dict[OrderState, frozenset[OrderState]] = {
    S.PENDING: frozenset({S.DENIED, S.CANCELLED, S.SUBMITTING}),
    S.SUBMITTING: frozenset({S.PENDING, S.UNKNOWN}) | SHOWN_BY_EXCHANGE,
    S.OPEN: frozenset({S.CANCELLING, S.FILLED, S.CANCELLED, S.EXPIRED, S.REJECTED}),
    S.CANCELLING: SHOWN_BY_EXCHANGE,  # REJECTED too: it may fail after it was accepted, while we cancel it
    S.UNKNOWN: frozenset({S.NOT_FOUND}) | SHOWN_BY_EXCHANGE,
    S.NOT_FOUND: SHOWN_BY_EXCHANGE,
    S.CANCELLED: frozenset({S.FILLED}),  # a late fill wins
    S.EXPIRED: frozenset({S.FILLED}),
    S.DENIED: frozenset(),
    S.FILLED: frozenset(),
    S.REJECTED: frozenset(),
}

TERMINAL = frozenset({S.DENIED, S.FILLED, S.CANCELLED, S.EXPIRED, S.REJECTED})
WORKING = frozenset({S.PENDING, S.SUBMITTING, S.OPEN, S.CANCELLING, S.UNKNOWN})


class IllegalMove(Exception):
    """A state was asked to follow one that it cannot follow."""


def is_legal(old: OrderState, new: OrderState) -> bool:
    return new in TRANSITIONS[old]


def move(old: OrderState, new: OrderState) -> OrderState:
    """Returns ``new``; raises IllegalMove when the table has no such move."""
    if not is_legal(old, new):
        raise IllegalMove(f"an order cannot go from {old.value} to {new.value}")
    return new
