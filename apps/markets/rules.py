"""A product as the core reads it."""

from apps.markets.models import Product
from engine.config import ProductRules


def product_rules(product: Product) -> ProductRules:
    """Increments and minimums in exact decimals."""
    return ProductRules(
        symbol=product.symbol,
        tick=product.quote_increment,
        lot=product.base_increment,
        min_size=product.base_min_size,
        min_notional=product.quote_min_size,
    )
