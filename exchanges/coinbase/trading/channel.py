"""The user channel: says that something happened to an order of the account. What, is read by REST."""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from exchanges.coinbase.addresses import Addresses
from exchanges.coinbase.retry import Backoff
from exchanges.coinbase.sequence import Arrival, Sequence
from exchanges.port import Unavailable

logger = logging.getLogger(__name__)
LARGEST = 16 * 2**20  # bytes of a message
OPEN_PATIENCE, CLOSE_PATIENCE = 10.0, 1.0  # seconds
LOOK = 0.5  # seconds between looks at the watch
SETTLED = 30.0  # a connection that lived so long begins again with the first pause


class _Over(Exception):
    """Ends a connection from our side."""


@dataclass
class UserChannel:
    """``token`` signs anew for each connection. ``happened``: orders are to be read, of which some may have changed;
    ``heard``: the exchange lives. ``run`` belongs to one thread, ``close`` may be called from any.

    Every way in which updates could be missed, a connection that begins or ends and a gap, counts as a change.
    """

    addresses: Addresses
    token: Callable[[], str]
    happened: Callable[[], None]
    heard: Callable[[], None]
    reconnected: Callable[[], None] = lambda: None  # a connection stands again after one was lost
    refused: Callable[[], None] = lambda: None  # the exchange takes something against us: the token's time, perhaps
    silence: float = 10.0  # seconds without any message after which a connection counts as dead
    backoff: Backoff = field(default_factory=Backoff)

    def __post_init__(self) -> None:
        self._closing = threading.Event()
        self._sequence = Sequence()
        self._stood = False

    def close(self) -> None:
        """Lets ``run`` end."""
        self._closing.set()

    def run(self) -> None:
        while not self._closing.is_set():
            opened = time.monotonic()
            try:
                self._connect()
            except (_Over, OSError, WebSocketException, Unavailable) as error:
                logger.info("the user channel ends: %s", str(error) or type(error).__name__)
            if time.monotonic() - opened > SETTLED:
                self.backoff.reset()
            if not self._closing.is_set():
                self._closing.wait(self.backoff.pause())

    def _connect(self) -> None:
        address = self.addresses.user
        with connect(address, max_size=LARGEST, open_timeout=OPEN_PATIENCE, close_timeout=CLOSE_PATIENCE) as connection:
            self._sequence.restart()
            for channel in ("heartbeats", "user"):  # heartbeats first: they keep a quiet channel open
                request = {"type": "subscribe", "channel": channel, "jwt": self.token()}
                connection.send(json.dumps(request, separators=(",", ":")))
            self.happened()  # what came while nobody listened
            if self._stood:
                self.reconnected()
            self._stood = True
            self._read(connection)

    def _read(self, connection: Connection) -> None:
        last = time.monotonic()
        while not self._closing.is_set():
            try:
                frame = connection.recv(timeout=LOOK)
            except TimeoutError:
                if time.monotonic() - last > self.silence:
                    raise _Over(f"silent for {self.silence:g} s") from None
                continue
            last = time.monotonic()
            self._take(frame)

    def _take(self, frame: str | bytes) -> None:
        try:
            row = json.loads(frame)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise _Over("a message cannot be read")
        if row.get("type") == "error":
            self.refused()
            raise _Over(f"refused: {row.get('message')}")
        self.heard()
        number = row.get("sequence_num")
        arrival = self._sequence.arrives(number) if isinstance(number, int) else Arrival.GAP
        if row.get("channel") == "user" or arrival is Arrival.GAP:
            self.happened()
