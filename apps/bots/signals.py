"""What a bot's strategy says at a closed bar, computed once for all bots that were told the same."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.bots.models import BotVersion
from apps.markets.candles import load
from apps.markets.models import MarketSession, Product
from engine import records
from engine.decide import no_signal
from engine.strategies.registry import REGISTRY

USUAL = 1000  # bars; more than the strategies' windows at their usual lengths


@dataclass(frozen=True)
class Reading:
    """A strategy's signal row and conditions at one close, with the bars it had and those it needs."""

    signal: np.void
    conditions: np.void
    close: float
    bars: int
    warmup: int


def no_conditions() -> np.void:
    return np.zeros(1, records.CONDITIONS)[0]


class Readings:
    """Signals at one bar close of one product, remembered by strategy, parameters and timeframe."""

    def __init__(self, session: MarketSession, product: Product, time: int, price: float) -> None:
        self.session, self.product, self.time, self.price = session, product, time, price
        self._known: dict[tuple[Any, ...], Reading] = {}
        self._loaded: dict[int, tuple[int, np.ndarray]] = {}  # by timeframe: bars asked for, bars there are

    def of(self, version: BotVersion, *, signal: bool) -> Reading:
        """The version's reading. Without ``signal`` (a check of the longest hold) there is none to compute."""
        if not signal:
            return Reading(no_signal(), no_conditions(), close=self.price, bars=0, warmup=0)
        key = (version.strategy, version.timeframe, tuple(sorted(version.params.items())))
        if key not in self._known:
            self._known[key] = self._compute(version)
        return self._known[key]

    def _compute(self, version: BotVersion) -> Reading:
        strategy = REGISTRY[version.strategy]
        window, warmup = strategy.window(version.params), strategy.warmup(version.params)
        candles = self._candles(version.timeframe, window)
        closes_now = len(candles) > 0 and int(candles["time"][-1]) + version.timeframe == self.time
        if not closes_now or len(candles) < warmup:
            return Reading(no_signal(), no_conditions(), close=self.price, bars=len(candles), warmup=warmup)
        signals = strategy.compute(candles, version.params)
        row = signals.rows[-1]
        close = float(candles["close"][-1])
        return Reading(row, signals.conditions_at(len(candles) - 1), close=close, bars=len(candles), warmup=warmup)

    def _candles(self, timeframe: int, count: int) -> np.ndarray:
        """The newest ``count`` bars, loaded once for all that want no more than the usual."""
        asked, candles = self._loaded.get(timeframe, (0, np.empty(0, records.CANDLE)))
        if count > asked:
            asked = max(count, USUAL)
            candles = load(self.session, self.product, timeframe, until=self.time, count=asked)
            self._loaded[timeframe] = asked, candles
        return candles[-count:]
