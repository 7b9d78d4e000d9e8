"""What a client says on a WebSocket: subscribe or unsubscribe, a channel, products."""

import json
from dataclasses import dataclass

from sandbox.products import Products

MARKET_CHANNELS = ("candles", "status", "ticker", "ticker_batch", "level2", "market_trades")
USER_CHANNELS = ("user", "futures_balance_summary")
HEARTBEATS = "heartbeats"


class Unheard(Exception):
    """The text of the error frame."""


@dataclass(frozen=True, slots=True)
class Ask:
    """``products``: symbols of the books that are meant, in the order in which they were named."""

    kind: str
    channel: str
    products: list[str]
    token: str


def read_ask(text: str, products: Products, *, user_only: bool) -> Ask:
    """Raises Unheard for what cannot be read or is not served here."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        raise Unheard("failed to parse message") from None
    kind, channel = (row.get("type"), row.get("channel")) if isinstance(row, dict) else (None, None)
    if kind not in ("subscribe", "unsubscribe"):
        raise Unheard("type must be subscribe or unsubscribe")
    served = (*USER_CHANNELS, HEARTBEATS) if user_only else (*USER_CHANNELS, HEARTBEATS, *MARKET_CHANNELS)
    if not isinstance(channel, str) or channel not in served:
        raise Unheard(f"channel {channel} is not supported")
    named = row.get("product_ids") or []
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        raise Unheard("product_ids must be a list of texts")
    if unknown := [one for one in named if products.get(one) is None]:
        raise Unheard(f"invalid product_ids {unknown}")
    if channel in MARKET_CHANNELS and not named:
        raise Unheard("product_ids are required")
    return Ask(kind, channel, [products[one].book for one in named], str(row.get("jwt") or ""))
