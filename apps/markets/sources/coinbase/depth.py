"""Order books and last trades of the products, for whoever watches them."""

import time
from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from heapq import nlargest, nsmallest

from apps.markets.models import Product
from apps.markets.watching import LEVELS, TRADES, Level, Traded, View, watched
from exchanges.coinbase.records import BookChange, Trade
from exchanges.coinbase.records import Level as Change

REPEAT = 5.0  # wall seconds after which an unchanged book is told again, for whoever has just come
LOOK = 1.0  # wall seconds between looks at what somebody watches


class Depth:
    """Of one product. The book is known from a snapshot on until the connection or the interest in it is lost."""

    def __init__(self) -> None:
        self.known = False
        self.changed = False  # since it was last told
        self.told = -REPEAT
        self._bids: dict[Decimal, Decimal] = {}  # size by price
        self._asks: dict[Decimal, Decimal] = {}
        self._trades: deque[Traded] = deque(maxlen=TRADES)

    def snapshot(self, book: BookChange) -> None:
        """The whole book."""
        self._bids, self._asks = {}, {}
        self.known = True
        self.update(book)

    def update(self, change: BookChange) -> None:
        """New sizes of some levels; one that comes before the book means nothing."""
        if self.known:
            _change(self._bids, change.bids)
            _change(self._asks, change.asks)
            self.changed = True

    def lose(self) -> None:
        """What rests now is not known any more."""
        self.changed = self.changed or self.known
        self.known, self._bids, self._asks = False, {}, {}

    def trade(self, trades: Iterable[Trade]) -> None:
        """Trades, oldest first; those that were there before count once."""
        for each in trades:
            if not self._trades or each.trade_id > self._trades[-1].number:
                buys = each.maker_side == "SELL"  # somebody took what rested
                self._trades.append(Traded(each.trade_id, each.time.timestamp(), buys, each.price, each.size))
                self.changed = True

    def is_due(self, now: float) -> bool:
        return self.changed or now - self.told >= REPEAT

    def bids(self) -> list[Level]:
        """The highest first."""
        return nlargest(LEVELS, self._bids.items())

    def asks(self) -> list[Level]:
        """The lowest first."""
        return nsmallest(LEVELS, self._asks.items())

    def trades(self) -> list[Traded]:
        """The newest first."""
        return list(reversed(self._trades))


def _change(side: dict[Decimal, Decimal], levels: Iterable[Change]) -> None:
    for level in levels:
        if level.size:
            side[level.price] = level.size
        else:
            side.pop(level.price, None)


class Depths:
    """Of all products that are streamed. ``watched``: the symbols whose books are to be subscribed."""

    def __init__(self) -> None:
        self.watched: set[str] = set()
        self._depths: dict[str, Depth] = {}
        self._products: dict[str, Product] = {}
        self._looked = -LOOK

    def add(self, product: Product) -> None:
        self._products[product.symbol], self._depths[product.symbol] = product, Depth()

    def drop(self, symbol: str) -> None:
        del self._products[symbol], self._depths[symbol]
        self.watched.discard(symbol)

    def look(self) -> bool:
        """Asks who watches; whether that is another answer than before."""
        now = time.monotonic()
        if now - self._looked < LOOK:
            return False
        self._looked = now
        before, self.watched = self.watched, watched(self._products.values())
        for symbol in before - self.watched:
            self._depths[symbol].lose()
        return self.watched != before

    def trade(self, symbol: str, trades: Iterable[Trade]) -> None:
        self._depths[symbol].trade(trades)

    def change(self, change: BookChange, *, whole: bool) -> None:
        """What comes after the last watcher left is not looked at."""
        if change.symbol in self.watched:
            depth = self._depths[change.symbol]
            (depth.snapshot if whole else depth.update)(change)

    def lose(self) -> None:
        """The connection is lost."""
        for depth in self._depths.values():
            depth.lose()

    def views(self) -> list[View]:
        """Those watched that changed since this was last asked, or have not been told for a while."""
        now = time.monotonic()
        due = [symbol for symbol in self.watched if self._depths[symbol].is_due(now)]
        return [self._view(symbol, now) for symbol in sorted(due)]

    def _view(self, symbol: str, now: float) -> View:
        depth = self._depths[symbol]
        depth.changed, depth.told = False, now
        return View(self._products[symbol], depth.known, depth.bids(), depth.asks(), depth.trades())
