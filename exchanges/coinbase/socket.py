"""The market WebSocket: subscribes, watches for silence and gaps, connects again until it is closed."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from exchanges.coinbase.addresses import Addresses
from exchanges.coinbase.budget import LocalBudget
from exchanges.coinbase.messages import parse
from exchanges.coinbase.records import Message, Refusal
from exchanges.coinbase.retry import Backoff
from exchanges.coinbase.sequence import Arrival, Sequence
from exchanges.coinbase.values import Malformed

logger = logging.getLogger(__name__)
LARGEST = 16 * 2**20  # bytes of a message: the book of BTC-USD comes as one of almost 5 MB
SENDS = 6  # messages a second; the exchange allows 8
OPEN_PATIENCE, CLOSE_PATIENCE = 10.0, 1.0  # seconds
LOOK = 0.25  # seconds between looks at what is wanted and at the watch
SETTLED = 30.0  # a connection that lived so long begins again with the first pause
PLAIN = ("heartbeats", "status")  # channels that take no products


@dataclass(frozen=True)
class Opened:
    """A connection stands and everything that is wanted is being subscribed; snapshots follow."""


@dataclass(frozen=True)
class Lost:
    """The connection is over, or never came to be; another attempt follows. ``gap``: messages were missing."""

    reason: str
    gap: bool = False


Happening = Opened | Lost | Message | Refusal
Wanted = Mapping[str, Iterable[str]]


@dataclass
class Counts:
    """Since the socket was made."""

    connections: int = 0
    messages: int = 0
    gaps: int = 0
    old: int = 0  # messages that were there before
    unreadable: int = 0


class _Over(Exception):
    """Ends a connection from our side."""

    def __init__(self, reason: str, *, gap: bool = False) -> None:
        self.gap = gap
        super().__init__(reason)


@dataclass
class MarketSocket:
    """``silence``: seconds without any message after which a connection counts as dead; heartbeats come every second.

    ``run`` belongs to one thread, ``want`` and ``close`` may be called from any.
    """

    addresses: Addresses
    silence: float = 10.0
    backoff: Backoff = field(default_factory=Backoff)
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        self._wanted: dict[str, frozenset[str]] = {}
        self._subscribed: dict[str, frozenset[str]] = {}
        self._closing = threading.Event()
        self._sequence = Sequence()

    def want(self, wanted: Wanted) -> None:
        """Replaces what is subscribed: products by channel, such as {'market_trades': ['BTC-USD']}."""
        self._wanted = {channel: frozenset(products) for channel, products in wanted.items()}

    def close(self) -> None:
        """Lets ``run`` end."""
        self._closing.set()

    def run(self, handle: Callable[[Happening], None]) -> None:
        """Hands over what happens until ``close``. Messages that came before are dropped; a gap ends the connection,
        for the next one begins with snapshots."""
        while not self._closing.is_set():
            opened = time.monotonic()
            try:
                self._connect(handle)
            except _Over as over:
                handle(Lost(str(over), over.gap))
            except (OSError, WebSocketException) as error:
                handle(Lost(f"{type(error).__name__}: {error}"))
            if time.monotonic() - opened > SETTLED:
                self.backoff.reset()
            if not self._closing.is_set():
                self._closing.wait(self.backoff.pause())

    def _connect(self, handle: Callable[[Happening], None]) -> None:
        with connect(
            self.addresses.socket, max_size=LARGEST, open_timeout=OPEN_PATIENCE, close_timeout=CLOSE_PATIENCE
        ) as connection:
            self.counts.connections += 1
            self._subscribed = {}
            self._sequence.restart()
            handle(Opened())
            self._read(connection, handle)

    def _read(self, connection: Connection, handle: Callable[[Happening], None]) -> None:
        sends = LocalBudget(SENDS, SENDS)
        heard = time.monotonic()
        while not self._closing.is_set():
            self._subscribe(connection, sends)
            try:
                frame = connection.recv(timeout=LOOK)
            except TimeoutError:
                if time.monotonic() - heard > self.silence:
                    raise _Over(f"silent for {self.silence:g} s") from None
                continue
            heard = time.monotonic()
            self._take(frame, handle)

    def _take(self, frame: str | bytes, handle: Callable[[Happening], None]) -> None:
        self.counts.messages += 1
        try:
            message = parse(frame)
        except Malformed as error:  # its place in the sequence is missing: the next message shows a gap
            self.counts.unreadable += 1
            logger.warning("unreadable: %s", error)
            return
        if isinstance(message, Refusal):
            logger.warning("refused: %s", message.text)
            handle(message)
            return
        for fault in message.faults:
            self.counts.unreadable += 1
            logger.warning("unreadable: %s", fault)
        before = self._sequence.last
        arrival = self._sequence.arrives(message.sequence)
        if arrival is Arrival.OLD:
            self.counts.old += 1
            return
        if arrival is Arrival.GAP:
            self.counts.gaps += 1
            raise _Over(f"message {message.sequence} came after {before}", gap=True)
        handle(message)

    def _subscribe(self, connection: Connection, sends: LocalBudget) -> None:
        """Brings the connection's subscriptions to what is wanted."""
        wanted = self._wanted
        if wanted == self._subscribed:
            return
        # Heartbeats first: they keep quiet channels open.
        for channel in sorted(wanted | self._subscribed, key=lambda name: (name not in PLAIN, name)):
            new, old = wanted.get(channel), self._subscribed.get(channel)
            if channel in PLAIN:
                changes = [("subscribe", frozenset[str]())] if old is None else []
            else:
                changes = [
                    ("unsubscribe", (old or frozenset()) - (new or frozenset())),
                    ("subscribe", (new or frozenset()) - (old or frozenset())),
                ]
            for kind, products in changes:
                if products or channel in PLAIN:
                    sends.wait(OPEN_PATIENCE)
                    connection.send(_request(kind, channel, products))
        self._subscribed = wanted


def _request(kind: str, channel: str, products: frozenset[str]) -> str:
    row: dict[str, str | list[str]] = {"type": kind, "channel": channel}
    if channel not in PLAIN:
        row["product_ids"] = sorted(products)
    return json.dumps(row, separators=(",", ":"))
