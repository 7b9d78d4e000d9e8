"""Increments and minimums of well-known Coinbase products, as the exchange listed them on 2026-08-09.

For backtests of candle files; a venue's own products are rows of Product.
"""

from decimal import Decimal

from engine.config import ProductRules


def _rules(symbol: str, tick: str, lot: str = "0.00000001") -> ProductRules:
    """The smallest order is one base increment and one unit of quote."""
    return ProductRules(symbol, tick=Decimal(tick), lot=Decimal(lot), min_size=Decimal(lot), min_notional=Decimal(1))


COINBASE = {
    rules.symbol: rules
    for rules in (
        _rules("BTC-USD", "0.01"),
        _rules("ETH-USD", "0.01"),
        _rules("SOL-USD", "0.01"),
        _rules("ADA-USD", "0.00001"),
        _rules("LTC-USD", "0.01"),
        _rules("XRP-USD", "0.0001", "0.000001"),
        _rules("DOGE-USD", "0.00001", "0.1"),
    )
}
