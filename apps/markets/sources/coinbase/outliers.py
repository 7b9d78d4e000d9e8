"""Trades that are not believed: a move of more than a tenth that hardly anybody traded."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.quality import OUTLIER_MOVE, OUTLIER_VOLUME
from exchanges.coinbase.records import Trade

ENOUGH = 5  # trades in a row that agree on a new price are believed, however small


@dataclass(frozen=True)
class Doubt:
    """A trade left out, and the price that was believed instead."""

    trade: Trade
    reference: float


@dataclass
class Outliers:
    """Judges the trades of one product in their order.

    ``usual``: base units traded in a usual minute, 0 = unknown; a hundredth of it is volume enough for any move.
    Trades under suspicion wait for the next ones: a trade near the old price condemns them, others near theirs confirm
    them.
    """

    reference: float | None = None
    usual: float = 0.0
    _suspects: list[Trade] = field(default_factory=list)

    def judge(self, trade: Trade) -> tuple[Sequence[Trade], Sequence[Doubt]]:
        """The trades that may be believed now, and those that never will."""
        price = float(trade.price)
        if self.reference is None or _near(price, self.reference):
            condemned = self._condemned()
            self.reference = price
            return [trade], condemned
        condemned = [] if not self._suspects or _near(price, float(self._suspects[-1].price)) else self._condemned()
        self._suspects.append(trade)
        volume = sum(float(each.size) for each in self._suspects)
        heavy = self.usual > 0 and volume >= self.usual * OUTLIER_VOLUME
        if not heavy and len(self._suspects) < ENOUGH:
            return [], condemned
        believed, self._suspects = self._suspects, []
        self.reference = price
        return believed, condemned

    def _condemned(self) -> list[Doubt]:
        suspects, self._suspects = self._suspects, []
        return [Doubt(trade, self.reference or 0.0) for trade in suspects]


def _near(price: float, reference: float) -> bool:
    return abs(price / reference - 1) <= OUTLIER_MOVE
