"""Reading the same account in several threads at once: one reads, and once more for all who came meanwhile."""

import threading


class Turns:
    """Of one process: a live account has one owner."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._busy: set[int] = set()
        self._again: set[int] = set()

    def begin(self, number: int) -> bool:
        """Whether it is this thread's turn; if not, whoever has it is told that there is more to read."""
        with self._mutex:
            if number in self._busy:
                self._again.add(number)
                return False
            self._busy.add(number)
            return True

    def end(self, number: int) -> bool:
        """Gives the turn back; whether somebody came meanwhile."""
        with self._mutex:
            self._busy.discard(number)
            wanted = number in self._again
            self._again.discard(number)
            return wanted
