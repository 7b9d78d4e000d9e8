"""Everybody else: quotes around the feed's price, and trades at it."""

from decimal import Decimal
from random import Random

from sandbox.book import BUY, SELL, Book
from sandbox.money import floor_to
from sandbox.orders import Resting
from sandbox.products import Product

LEVELS = 25
SPACING = Decimal("0.0001")  # of the price, between levels
LEVEL_SECONDS = 20  # a level rests what the market trades in about so many seconds


class Crowd:
    """``depth`` scales what it quotes and trades: below 1 orders fill in parts."""

    def __init__(self, product: Product, seed: int) -> None:
        self._product = product
        self._random = Random(f"{seed}/{product.symbol}")
        self._mine: dict[str, dict[Decimal, Resting]] = {BUY: {}, SELL: {}}
        self.depth = Decimal(1)

    def quote(self, book: Book, price: Decimal, side: str, rate: Decimal) -> None:
        """Moves the quotes: the touch on ``side`` at ``price``, the other a tick away.

        ``rate``: base per second. Never crosses what others rest; a level that stays keeps its place in the queue.
        """
        tick = self._product.tick
        touch = {side: price}
        touch[BUY if side == SELL else SELL] = price - tick if side == SELL else price + tick
        for one in (BUY, SELL):
            self._retract(book, one, self._wanted(one, touch[one]))
        for one in (BUY, SELL):
            self._place(book, one, self._wanted(one, touch[one]), rate)

    def volume(self, rate: Decimal, seconds: Decimal) -> Decimal:
        """What it trades in so many seconds."""
        share = Decimal(repr(round(self._random.uniform(0.2, 1.8), 6)))
        return floor_to(rate * seconds * share * self.depth, self._product.base_increment)

    def coin(self) -> str:
        return self._random.choice((BUY, SELL))

    def _wanted(self, side: str, touch: Decimal) -> list[Decimal]:
        """Prices of a side: the touch, then multiples of the spacing, so that most stay from quote to quote."""
        step = max(floor_to(touch * SPACING, self._product.tick), self._product.tick)
        near = floor_to(touch, step)
        if side == SELL:
            near += step
            ladder = [near + step * place for place in range(LEVELS)]
        else:
            ladder = [near - step * place for place in range(LEVELS)]
        return [touch, *(price for price in ladder if price != touch and price > 0)] if touch > 0 else []

    def _retract(self, book: Book, side: str, wanted: list[Decimal]) -> None:
        keep = set(wanted)
        mine = self._mine[side]
        for price in [price for price, resting in mine.items() if price not in keep or resting.size == 0]:
            resting = mine.pop(price)
            if resting.size:
                book.remove(resting)

    def _place(self, book: Book, side: str, wanted: list[Decimal], rate: Decimal) -> None:
        opposite = book.best(SELL if side == BUY else BUY)
        mine = self._mine[side]
        for price in wanted:
            crosses = opposite is not None and (price >= opposite if side == BUY else price <= opposite)
            if price in mine or crosses:
                continue
            share = Decimal(repr(round(self._random.lognormvariate(0, 0.7), 6)))
            size = floor_to(rate * LEVEL_SECONDS * share * self.depth, self._product.base_increment)
            size = max(size, self._product.base_increment)
            mine[price] = Resting(side, price, size)
            book.add(mine[price])

    def withdraw(self, book: Book) -> None:
        """Takes all quotes away."""
        for mine in self._mine.values():
            for resting in mine.values():
                if resting.size:
                    book.remove(resting)
            mine.clear()
