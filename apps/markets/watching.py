"""Who looks at a market's book: pages say so again and again, the stream asks, and tells them what is there.

Nobody pays for a book that nobody looks at: it is subscribed only while somebody does.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from apps.markets.models import Product
from apps.operations.formats import percent, price, short, size
from apps.operations.hints import send

logger = logging.getLogger(__name__)
LEVELS = 15  # of each side
TRADES = 25
LASTS = 15  # seconds for which saying so counts; pages say it every five

Level = tuple[Decimal, Decimal]  # price and size


@dataclass(frozen=True, slots=True)
class Traded:
    number: int
    time: float  # seconds UTC
    buys: bool  # whether a buyer took what rested
    price: Decimal
    size: Decimal


@dataclass(frozen=True)
class View:
    """What is shown of a market; ``known`` False: the book is not there (yet)."""

    product: Product
    known: bool
    bids: list[Level]
    asks: list[Level]
    trades: list[Traded]  # newest first


def depth_group(product: Product) -> str:
    """Of the sockets that watch a product."""
    return f"depth-{product.pk}"


def watch(product: Product) -> None:
    """Says that somebody looks at the product now. Lost while Redis is away: the next time tells it again."""
    try:
        cache.set(_key(product), True, LASTS)
    except (RedisError, OSError) as error:
        logger.warning("nobody hears that %s is watched: %s", product, error)


def watched(products: Iterable[Product]) -> set[str]:
    """Symbols of those that somebody looks at; of none while Redis is away."""
    symbols = {_key(product): product.symbol for product in products}
    try:
        return {symbols[key] for key in cache.get_many(symbols)}
    except (RedisError, OSError):
        return set()


def _key(product: Product) -> str:
    return f"watched-{product.pk}"


def announce_view(view: View) -> None:
    """Sends the book and the last trades to the pages that watch; numbers are formatted here."""
    product = view.product
    message: dict[str, Any] = {
        "type": "live.depth", "symbol": product.symbol, "known": view.known,
        "bids": _levels(product, view.bids), "asks": _levels(product, view.asks), "spread": _spread(view),
        "quotes": _quotes(view),
        "trades": [
            [each.number, int(each.time), int(each.buys), price(each.price, product.quote_increment),
             size(each.size, product.base_increment)]
            for each in view.trades
        ],
    }  # fmt: skip
    send(depth_group(product), message)


def _levels(product: Product, levels: list[Level]) -> list[list[str | int]]:
    """Price, size, and how much of what is shown rests up to there, in percent."""
    sums = list(accumulate(amount for _, amount in levels))
    return [
        [price(at, product.quote_increment), size(amount, product.base_increment), _share(up_to, sums)]
        for (at, amount), up_to in zip(levels, sums, strict=True)
    ]


def _share(part: Decimal, sums: list[Decimal]) -> int:
    return int(part * 100 / sums[-1])


def _quotes(view: View) -> list[str]:
    """Best bid, the tick in the middle, best ask, as people type them; nothing while one is missing."""
    if not view.bids or not view.asks:
        return []
    bid, ask, tick = view.bids[0][0], view.asks[0][0], view.product.quote_increment
    middle = ((bid + ask) / 2 / tick).to_integral_value("ROUND_HALF_EVEN") * tick
    return [short(each) for each in (bid, middle, ask)]


def _spread(view: View) -> str:
    """Between the best prices, in quote and relative to the middle."""
    if not view.bids or not view.asks:
        return ""
    bid, ask = view.bids[0][0], view.asks[0][0]
    tick, quote = view.product.quote_increment, view.product.quote
    return f"{price(ask - bid, tick)}\u00a0{quote} ({percent((ask - bid) * 2 / (ask + bid), places=3)})"
