"""What Coinbase says, as values. Money and sizes are exact, times are aware UTC."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade of the market. ``maker_side`` is the resting order's: 'BUY' means that somebody sold."""

    symbol: str
    trade_id: int  # rises by one with every trade of the product
    price: Decimal
    size: Decimal  # in base
    time: datetime
    maker_side: str


@dataclass(frozen=True, slots=True)
class Ticker:
    """The last price and the top of the book; None is what the message leaves out."""

    symbol: str
    price: Decimal | None
    volume_24h: Decimal | None
    change_24h: Decimal | None  # percent
    bid: Decimal | None = None
    bid_size: Decimal | None = None
    ask: Decimal | None = None
    ask_size: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """A price of the book and what rests there now, in base; 0: nothing any more."""

    price: Decimal
    size: Decimal


@dataclass(frozen=True, slots=True)
class BookChange:
    """New sizes of some levels of a product; in a snapshot, the whole book."""

    symbol: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A candle; ``start`` in seconds UTC. The channel sends five-minute ones, REST those asked for."""

    symbol: str
    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal  # in base


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Comes every second; ``counter`` rises by one."""

    counter: int


@dataclass(frozen=True, slots=True)
class ProductStatus:
    symbol: str
    status: str  # 'online', 'offline', 'delisted'
    message: str


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """All that the connection gets now: channel names as they are asked for, with their products."""

    channels: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Product:
    """A product as REST lists it. ``tick`` is the price increment, ``min_notional`` the least worth of an order."""

    symbol: str
    base: str
    quote: str
    kind: str  # 'SPOT', 'FUTURE'
    tick: Decimal
    base_increment: Decimal
    base_min_size: Decimal
    min_notional: Decimal
    status: str
    alias_of: str  # the product whose book this one shares, else ''
    flags: frozenset[str]  # those that are set: 'trading_disabled', 'limit_only', ...


@dataclass(frozen=True, slots=True)
class Book:
    symbol: str
    bids: tuple[Level, ...]  # best first
    asks: tuple[Level, ...]
    time: datetime


Item = Trade | Ticker | BookChange | Bar | Heartbeat | ProductStatus | Subscriptions


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the WebSocket. ``sequence`` rises by one over all channels of a connection.

    ``snapshot``: the items tell how things stood on subscribing. Trades are in the order in which they happened.
    """

    channel: str
    sequence: int
    time: datetime  # the exchange's clock on sending
    snapshot: bool
    items: tuple[Item, ...]
    faults: tuple[str, ...] = ()  # parts that could not be read and are left out


@dataclass(frozen=True, slots=True)
class Refusal:
    """The exchange did not like what was sent; the connection may live on."""

    text: str
