"""The market socket in a thread of its own, so that no commit keeps it from listening."""

import queue
import threading
from collections.abc import Iterator

from exchanges.coinbase.socket import Happening, MarketSocket

ROOM = 50_000  # messages that may wait; then the exchange has to
LOOK = 0.5  # seconds between looks at whether it is over


class Link:
    def __init__(self, socket: MarketSocket) -> None:
        self.socket = socket
        self._waiting: queue.Queue[Happening] = queue.Queue(ROOM)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=socket.run, args=[self._put], name="market socket", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def lives(self) -> bool:
        return self._thread.is_alive()

    def take(self, patience: float) -> Iterator[Happening]:
        """What has happened; waits for the first at most ``patience`` seconds."""
        try:
            yield self._waiting.get(timeout=patience)
            for _ in range(ROOM):
                yield self._waiting.get_nowait()
        except queue.Empty:
            return

    def close(self) -> None:
        self._closed.set()
        self.socket.close()
        if self._thread.ident is not None:
            self._thread.join(5)

    def _put(self, happening: Happening) -> None:
        while not self._closed.is_set():
            try:
                self._waiting.put(happening, timeout=LOOK)
            except queue.Full:
                continue
            return
