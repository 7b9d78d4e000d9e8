"""What a page asks its live socket for: the book and the trades of one product."""

import json
import time
from collections import deque
from collections.abc import Iterable
from typing import Any

from apps.dashboard.values import Venue
from apps.markets.models import Product

LONGEST = 200  # characters of a message
MOST, WITHIN = 20, 10.0  # messages in so many seconds
UNREADABLE = 1003  # RFC 6455: data that cannot be accepted
AGAINST_RULES = 1008  # RFC 6455: policy violation


class Refused(Exception):
    """Ends the socket with a close code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


class Watching:
    """``product``: what the page watches, None = nothing."""

    def __init__(self, venues: Iterable[Venue]) -> None:
        self.product: Product | None = None
        self._products = {each.symbol: each for venue in venues if venue.live for each in venue.products.values()}
        self._asked: deque[float] = deque(maxlen=MOST)
        self._told = 0  # number of the last trade that the page knows

    def ask(self, text: str | None) -> Product | None:
        """The product that a message names; it is watched from now on. Raises Refused."""
        now = time.monotonic()
        if len(self._asked) == MOST and now - self._asked[0] < WITHIN:
            raise Refused(AGAINST_RULES)
        self._asked.append(now)
        symbol = _symbol(text)
        if symbol is not None and symbol not in self._products:
            raise Refused(AGAINST_RULES)
        self.product, self._told = self._products[symbol] if symbol else None, 0
        return self.product

    def message(self, view: dict[str, Any]) -> dict[str, Any] | None:
        """What the page is told of a view (apps.markets.watching): of the trades only those it does not know."""
        if self.product is None or view["symbol"] != self.product.symbol:
            return None
        new = [each for each in view["trades"] if each[0] > self._told]
        self._told = max([self._told, *(each[0] for each in new)])
        return {
            "t": "d", "m": view["symbol"], "known": view["known"], "b": view["bids"], "a": view["asks"],
            "s": view["spread"], "q": view.get("quotes", []), "n": [each[1:] for each in new],
        }  # fmt: skip


def _symbol(text: str | None) -> str | None:
    """Of ``{"t": "watch", "m": "BTC-USD"}``, or null for nothing any more."""
    if text is None or len(text) > LONGEST:
        raise Refused(UNREADABLE)
    try:
        row = json.loads(text)
    except ValueError:
        raise Refused(UNREADABLE) from None
    if not isinstance(row, dict) or set(row) != {"t", "m"} or row["t"] != "watch":
        raise Refused(UNREADABLE)
    if row["m"] is not None and not isinstance(row["m"], str):
        raise Refused(UNREADABLE)
    return row["m"]
