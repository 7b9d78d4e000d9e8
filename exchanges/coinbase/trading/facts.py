"""What orders need to know and what changes seldom: price steps and the account's rates, kept for a while."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from exchanges.coinbase.rest import product
from exchanges.coinbase.trading import wallets
from exchanges.coinbase.trading.client import Client
from exchanges.coinbase.values import Malformed, maybe
from exchanges.port import Fees, Rejected, Unavailable

QUOTE_LIFE = 600.0  # seconds
FEES_LIFE = 3600.0
UNKNOWN = ("INVALID_ARGUMENT", "NOT_FOUND")


@dataclass(frozen=True)
class Quote:
    """A product's price step, its last price (None where nobody has traded), and how it is closed: 'limit_only',
    'post_only', 'cancel_only', ...; 'offline' or 'delisted' for one that is not online."""

    tick: Decimal
    price: Decimal | None
    flags: frozenset[str] = frozenset()


class Facts:
    """Of one key. Safe for threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._quotes: dict[str, tuple[float, Quote]] = {}
        self._fees: tuple[float, Fees] | None = None

    def quote(self, client: Client, symbol: str, *, within: float = QUOTE_LIFE) -> Quote:
        """At most ``within`` seconds old. Raises Rejected for a product that is not listed."""
        with self._lock:
            known = self._quotes.get(symbol)
        if known and self._clock() - known[0] < within:
            return known[1]
        try:
            row = client.get(f"/products/{symbol}")
            listed = product(row)
            away = {listed.status} - {"online", ""}
            found = Quote(tick=listed.tick, price=maybe(row, "price"), flags=listed.flags | away)
        except Rejected as error:
            if error.reason in UNKNOWN:
                words = f"product must be one traded at Coinbase, was {symbol}"
                raise Rejected(words, reason=error.reason, field="symbol") from None
            raise Unavailable(str(error)) from None
        except Malformed as error:
            raise Unavailable(str(error)) from error
        if found.tick <= 0:
            raise Unavailable(f"price step of {symbol} must be above 0, was {found.tick}")
        with self._lock:
            self._quotes[symbol] = self._clock(), found
        return found

    def forget(self, symbol: str) -> None:
        """What is known of the product is true no longer."""
        with self._lock:
            self._quotes.pop(symbol, None)

    def fees(self, client: Client) -> Fees:
        with self._lock:
            known = self._fees
        if known and self._clock() - known[0] < FEES_LIFE:
            return known[1]
        try:
            found = wallets.fees(client)
        except (Malformed, Rejected) as error:
            raise Unavailable(str(error)) from error
        with self._lock:
            self._fees = self._clock(), found
        return found
