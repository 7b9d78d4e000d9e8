"""Whether every message of a connection has arrived, once and in order."""

from enum import Enum


class Arrival(Enum):
    NEXT = "next"
    GAP = "gap"  # messages before it are missing
    OLD = "old"  # it was there before, or comes after its successors


class Sequence:
    """Numbers rise by one over all channels of a connection; a new connection begins again."""

    def __init__(self) -> None:
        self.last: int | None = None

    def arrives(self, number: int) -> Arrival:
        """Judges a message by its number. The first one may have any."""
        if self.last is not None and number <= self.last:
            return Arrival.OLD
        whole = self.last is None or number == self.last + 1
        self.last = number
        return Arrival.NEXT if whole else Arrival.GAP

    def restart(self) -> None:
        self.last = None
