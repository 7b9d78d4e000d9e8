"""How the exchange behaves where the real one varies; may be changed while it runs."""

from dataclasses import dataclass, fields
from typing import Any

MOST = 10**9


@dataclass(slots=True)
class Settings:
    """Times in seconds of the exchange's clock."""

    cancel_lag: float = 0.0  # from an accepted cancel to its effect
    visible_lag: float = 0.0  # from a create to its being found by GET
    fill_lag: float = 0.0  # from a fill to its being listed; the order shows it at once
    balance_lag: float = 0.0  # accounts are as they were up to so long ago
    duplicate_refused: bool = False  # answer DUPLICATE_CLIENT_ORDER_ID instead of the first order
    client_id: bool = False  # frames of the WebSocket carry the empty client_id of 2024
    first_subscribe: float = 5.0  # a connection without a subscription is closed after this
    idle: float = 60.0  # and one without heartbeats and without frames after this
    rate_limit: int = 0  # private requests per second and key; 0: no limit
    public_limit: int = 0  # public requests per second and address; 0: no limit
    clock_skew: float = 0.0  # the exchange's clock is ahead of the caller's by so much
    trade_batch: float = 0.25  # trades of the WebSocket are gathered for so long

    def change(self, changes: dict[str, Any]) -> None:
        """Raises ValueError naming a setting that is none, or has the wrong type."""
        known = {one.name: type(getattr(self, one.name)) for one in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"a setting must be one of {', '.join(sorted(known))}, was {name!r}")
            if isinstance(value, bool) != (known[name] is bool) or not isinstance(value, (int, float)):
                raise ValueError(f"{name} must be of type {known[name].__name__}, was {value!r}")
            low = -MOST if name == "clock_skew" else 0
            if not isinstance(value, bool) and not low <= value <= MOST:
                raise ValueError(f"{name} must be {low} to {MOST}, was {value!r}")
        for name, value in changes.items():
            setattr(self, name, known[name](value))

    def as_row(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)}
