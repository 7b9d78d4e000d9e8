"""Effects of market events that go up. Filled once in tradingsite/wiring.py; called inside the event's transaction."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from apps.markets.models import MarketSession, Product


@dataclass(frozen=True)
class MarketEvent:
    """A committed event: ``kind`` is an EventKind, ``position`` its place in the sequence, ``time`` seconds UTC (OPEN:
    the bar's opening, BAR and TIME: its close). ``closed`` names the timeframes in seconds whose bars closed with it.
    """

    product: Product
    session: MarketSession
    kind: int
    position: int
    time: int
    price: float
    closed: tuple[int, ...] = ()


on_event: list[Callable[[MarketEvent], None]] = []
# One-second bars (CANDLE records) of a session that is matched by the second were recorded, by product.
on_seconds: list[Callable[[Mapping[Product, np.ndarray]], None]] = []
# Price and market time (seconds) of the last trade, by product, as a live stream hears them: between its commits.
on_prices: list[Callable[[Mapping[Product, tuple[float, float]]], None]] = []
# A session was opened in place of an earlier one (None at first): the venue's paper accounts begin anew.
on_session: list[Callable[[MarketSession, MarketSession | None], None]] = []
# Whether everything that follows from a product's events up to a position is done.
is_settled: list[Callable[[Product, int], bool]] = []
# What runs beside the market in its process, such as channels of accounts; entered when it is owned.
alongside: list[Callable[[], AbstractContextManager[None]]] = []
# Ids of the venue's products whose market somebody needs.
products_in_use: list[Callable[[str], Iterable[int]]] = []
