"""Every strategy there is. A new one is a file and a line here."""

from engine.strategies import ema_rsi_volume, ma_cross
from engine.strategies.base import ParameterError, Strategy

REGISTRY: dict[str, Strategy] = {strategy.name: strategy for strategy in (ema_rsi_volume.STRATEGY, ma_cross.STRATEGY)}


def find_strategy(name: str) -> Strategy:
    """The strategy of that name; raises ParameterError."""
    if name not in REGISTRY:
        raise ParameterError("strategy", name, f"must be one of {', '.join(REGISTRY)}")
    return REGISTRY[name]
