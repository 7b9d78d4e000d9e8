"""Where Coinbase is. A local server that speaks the same can stand in for it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Addresses:
    """``rest`` without the API's prefix; ``socket`` that of market data, ``user`` that of one's own orders."""

    rest: str = "https://api.coinbase.com"
    socket: str = "wss://advanced-trade-ws.coinbase.com"
    user: str = "wss://advanced-trade-ws-user.coinbase.com"
