"""An order book: prices best first, at each price a queue in the order of arrival."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from decimal import Decimal

from sandbox.money import ZERO
from sandbox.orders import Resting

BUY, SELL = "BUY", "SELL"
OPPOSITE = {BUY: SELL, SELL: BUY}


class _Side:
    def __init__(self, sign: int) -> None:
        self._sign = sign  # bids sort by falling price
        self._keys: list[Decimal] = []
        self.queues: dict[Decimal, list[Resting]] = {}

    def __iter__(self) -> Iterator[list[Resting]]:
        return (self.queues[key * self._sign] for key in list(self._keys))

    def best(self) -> Decimal | None:
        return self._keys[0] * self._sign if self._keys else None

    def add(self, resting: Resting) -> None:
        if resting.price not in self.queues:
            insort(self._keys, resting.price * self._sign)
            self.queues[resting.price] = []
        self.queues[resting.price].append(resting)

    def remove(self, resting: Resting) -> None:
        queue = self.queues[resting.price]
        queue.remove(resting)
        if not queue:
            del self.queues[resting.price]
            del self._keys[bisect_left(self._keys, resting.price * self._sign)]


class Book:
    """Sizes in base. ``touched`` gathers the levels that changed since they were last read."""

    def __init__(self) -> None:
        self._sides = {BUY: _Side(-1), SELL: _Side(1)}
        self.touched: dict[tuple[str, Decimal], None] = {}

    def add(self, resting: Resting) -> None:
        """Puts it at the end of its price's queue. The size must be above 0."""
        if resting.size <= 0:
            raise ValueError(f"what rests must have a size above 0, was {resting.size}")
        self._sides[resting.side].add(resting)
        self._touch(resting)

    def remove(self, resting: Resting) -> None:
        self._sides[resting.side].remove(resting)
        self._touch(resting)

    def reduce(self, resting: Resting, by: Decimal) -> None:
        """Takes a part away without loss of place; the last part removes it."""
        if not 0 < by <= resting.size:
            raise ValueError(f"a part must be above 0 and at most {resting.size}, was {by}")
        resting.size -= by
        if resting.size == 0:
            self.remove(resting)
        else:
            self._touch(resting)

    def best(self, side: str) -> Decimal | None:
        return self._sides[side].best()

    def queues(self, side: str) -> Iterator[list[Resting]]:
        """The queues of a side, best price first."""
        return iter(self._sides[side])

    def crossing(self, side: str, limit: Decimal | None) -> Iterator[Resting]:
        """What a taker on ``side`` meets, in the order in which it would: better price first, then longer wait."""
        for queue in self._sides[OPPOSITE[side]]:
            price = queue[0].price
            if limit is not None and (price > limit if side == BUY else price < limit):
                return
            yield from list(queue)

    def levels(self, side: str) -> list[tuple[Decimal, Decimal]]:
        """Price and summed size, best first."""
        return [(queue[0].price, sum((one.size for one in queue), ZERO)) for queue in self._sides[side]]

    def size_at(self, side: str, price: Decimal) -> Decimal:
        return sum((one.size for one in self._sides[side].queues.get(price, [])), ZERO)

    def _touch(self, resting: Resting) -> None:
        self.touched[resting.side, resting.price] = None
