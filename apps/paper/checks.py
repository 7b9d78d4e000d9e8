"""What the paper exchange refuses, as a real one would; orders reach it already snapped."""

from dataclasses import replace
from decimal import Decimal

from apps.markets.models import Feed, Product
from exchanges.port import NewOrder, Rejected


def check(order: NewOrder, product: Product, feed: Feed) -> None:
    """Raises Rejected in words, with the field at fault, for what breaks the product's rules."""
    if product.status != Product.Status.ONLINE:
        raise Rejected(f"product must be online, was {product.status}", field="symbol")
    if order.quantity % product.base_increment:
        raise Rejected(
            f"quantity must be a multiple of {product.base_increment.normalize():f}, was {order.quantity:f}",
            field="quantity",
        )
    if order.quantity < max(product.base_min_size, product.base_increment):
        raise Rejected(
            f"quantity must be at least {product.base_min_size.normalize():f}, was {order.quantity:f}", field="quantity"
        )
    for field, price in (("limit_price", order.limit_price), ("stop_price", order.stop_price)):
        if price is not None and (price <= 0 or price % product.quote_increment):
            tick = f"{product.quote_increment.normalize():f}"
            words = f"{field.replace('_', ' ')} must be a positive multiple of {tick}, was {price:f}"
            raise Rejected(words, field=field)
    if order.side == "buy":
        _check_purchase(order, product, feed)


def _check_purchase(order: NewOrder, product: Product, feed: Feed) -> None:
    if not order.funds or order.funds <= 0:
        raise Rejected(f"funds of a buy must be above 0, were {order.funds}", field="funds")
    price = order.limit_price or (Decimal(repr(feed.price)) if feed.price else None)
    if price is not None and order.quantity * price < product.quote_min_size:
        least = f"{product.quote_min_size.normalize():f} {product.quote}"
        raise Rejected(f"a buy must be worth at least {least}, was {order.quantity * price:f}", field="quantity")


def edited(
    order: NewOrder, *, quantity: Decimal | None, limit_price: Decimal | None, stop_price: Decimal | None
) -> NewOrder:
    """The order with what is not None changed. Rejected when it has no such price."""
    for field, price in (("limit_price", limit_price), ("stop_price", stop_price)):
        if price is not None and getattr(order, field) is None:
            raise Rejected(f"a {order.kind.name.lower()} order must have no {field.replace('_', ' ')}, was {price:f}",
                           field=field)  # fmt: skip
    return replace(
        order,
        quantity=order.quantity if quantity is None else quantity,
        limit_price=order.limit_price if limit_price is None else limit_price,
        stop_price=order.stop_price if stop_price is None else stop_price,
    )
