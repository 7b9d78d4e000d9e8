"""What a bot is told, as frozen values; ``record()`` gives the compiled form the core reads."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from engine import records
from engine.kinds import SizeMode


def _record(dtype: np.dtype, **fields: Any) -> np.ndarray:
    """An array of one record; pass ``[0]`` where a compiled function wants the record itself."""
    row = np.zeros(1, dtype)
    for name, value in fields.items():
        row[name] = value
    return row


@dataclass(frozen=True)
class ProductRules:
    """Increments and minimums of a product. Prices and notionals in quote, sizes in base."""

    symbol: str
    tick: Decimal
    lot: Decimal
    min_size: Decimal  # base
    min_notional: Decimal  # quote

    def lots(self, quantity: Decimal) -> int:
        """Base quantity to whole lots, rounded down."""
        return int(quantity // self.lot)

    def quantity(self, lots: int) -> Decimal:
        return self.lot * int(lots)


@dataclass(frozen=True)
class Costs:
    """Ratios: maker and taker fee a side, slippage of market and stop fills, share of a bar's volume (0 = no cap)."""

    maker: Decimal = Decimal("0.006")
    taker: Decimal = Decimal("0.006")
    slippage: Decimal = Decimal("0")
    volume_share: Decimal = Decimal("0")


def rules_record(product: ProductRules, costs: Costs) -> np.ndarray:
    return _record(
        records.RULES,
        tick=float(product.tick),
        lot=float(product.lot),
        min_qty=-(-product.min_size // product.lot),
        min_notional=float(product.min_notional),
        maker=float(costs.maker),
        taker=float(costs.taker),
        slippage=float(costs.slippage),
        volume_share=float(costs.volume_share),
    )


@dataclass(frozen=True)
class BotSettings:
    """Trade controls of a bot; see SETTINGS in engine.records for units."""

    size_mode: SizeMode = SizeMode.EQUITY
    size: float = 0.05
    confirmation: int = 0
    cooldown: int = 0
    step: float = 0.0
    min_confidence: float = 0.7
    timeframe: int = 60

    def record(self) -> np.ndarray:
        return _record(records.SETTINGS, **self.__dict__)


@dataclass(frozen=True)
class RiskLimits:
    """Hard limits of an account; see POLICY in engine.records for units. Zero switches a rule off."""

    max_positions: int = 5
    max_position: float = 0.10
    max_exposure: float = 0.50
    daily_loss: float = 0.05
    daily_loss_amount: float = 0.0
    max_age: int = 120
    max_orders: int = 60  # a minute of the market; asked by the platform alone: a backtest has one bot

    def record(self) -> np.ndarray:
        names = records.POLICY.names or ()
        return _record(records.POLICY, **{name: getattr(self, name) for name in names})


NO_LIMITS = RiskLimits(
    max_positions=0, max_position=0, max_exposure=0, daily_loss=0, daily_loss_amount=0, max_age=0, max_orders=0
)
