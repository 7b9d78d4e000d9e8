"""Everything that is looked at before an order is taken, in the order in which the exchange does."""

from decimal import Decimal

from sandbox.book import BUY, SELL
from sandbox.clock import SECOND
from sandbox.market import Market
from sandbox.money import ZERO, on_grid
from sandbox.products import Product
from sandbox.refusals import Denied, Refusal
from sandbox.terms import DOWN, GTD, UP, Terms, pace

FURTHEST = 366 * 86400 * SECOND  # an end time may lie so far ahead
TOO_HIGH, TOO_LOW = Decimal(10), Decimal("0.01")  # of the last price: a limit beyond is absurd
PROTECTION = {"BTC": Decimal("0.02"), "ETH": Decimal("0.02")}  # how far a market order may sweep
USUAL_PROTECTION = Decimal("0.03")


def check(product: Product, market: Market, side: str, terms: Terms, now: int) -> None:
    """All but funds. Raises Refusal, or Denied where the gateway refuses."""
    if side not in (BUY, SELL):
        raise Refusal("PREVIEW_INVALID_SIDE")
    _shape(terms, side)
    _state(product, terms)
    _sizes(product, terms)
    _prices(product, market, terms)
    _notional(product, market, side, terms)
    _times(product, terms, now)
    _stops(market, side, terms)
    if terms.post_only and crosses(market, side, terms.limit):
        raise Refusal("PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY", engine=True)


def crosses(market: Market, side: str, limit: Decimal | None) -> bool:
    best = market.book.best(SELL if side == BUY else BUY)
    if best is None:
        return False
    return limit is None or (limit >= best if side == BUY else limit <= best)


def protection(product: Product, market: Market, side: str) -> Decimal | None:
    """The worst price of a market order; None when the other side of the book is empty."""
    best = market.book.best(SELL if side == BUY else BUY)
    if best is None:
        return None
    share = PROTECTION.get(product.base, USUAL_PROTECTION)
    return best * (1 + share if side == BUY else 1 - share)


def _shape(terms: Terms, side: str) -> None:
    base, quote = terms.base_size, terms.quote_size
    if terms.kind == "BRACKET" and quote is not None:
        raise Refusal("PREVIEW_QUOTE_SIZE_NOT_ALLOWED_FOR_BRACKET")
    if terms.kind == "BRACKET" and side == BUY:
        raise Refusal("PREVIEW_INVALID_BRACKET_ORDER_SIDE")
    if (base is None) == (quote is None):
        raise Refusal("PREVIEW_INVALID_ORDER_CONFIG")
    if terms.kind == "MARKET" and side == SELL and quote is not None:
        raise Refusal("PREVIEW_INVALID_ORDER_CONFIG")
    if terms.kind != "MARKET" and terms.limit is None:
        raise Refusal("PREVIEW_INVALID_LIMIT_PRICE")
    if terms.kind in ("STOP_LIMIT", "BRACKET") and terms.stop is None:
        raise Refusal("PREVIEW_INVALID_STOP_PRICE")


def _state(product: Product, terms: Terms) -> None:
    if product.flag("trading_disabled"):
        raise Refusal("PREVIEW_TRADING_DISABLED")
    if not product.tradable:
        raise Refusal("PREVIEW_UNTRADABLE_PRODUCT")
    if product.flag("cancel_only") or product.flag("auction_mode"):
        raise Refusal("PREVIEW_NOT_ALLOWED_BY_MARKET_STATE")
    if product.flag("limit_only") and terms.kind == "MARKET":
        raise Denied(403, "PERMISSION_DENIED", "Orderbook is in limit only mode")
    if product.flag("post_only") and not terms.post_only:
        raise Refusal("PREVIEW_NOT_ALLOWED_BY_MARKET_STATE")


def _sizes(product: Product, terms: Terms) -> None:
    base, quote = terms.base_size, terms.quote_size
    if base is not None:
        if base <= 0:
            raise Refusal("PREVIEW_INVALID_BASE_SIZE_TOO_SMALL")
        if not on_grid(base, product.base_increment):
            raise Refusal("PREVIEW_INVALID_SIZE_PRECISION")
        if base < product.base_min:
            raise Refusal("PREVIEW_INVALID_BASE_SIZE_TOO_SMALL")
        if base > product.base_max:
            raise Refusal("PREVIEW_INVALID_BASE_SIZE_TOO_LARGE")
    if quote is not None:
        if quote <= 0:
            raise Refusal("PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL")
        if not on_grid(quote, product.quote_increment):
            raise Refusal("PREVIEW_INVALID_QUOTE_SIZE_PRECISION")


def _prices(product: Product, market: Market, terms: Terms) -> None:
    if terms.limit is not None:
        if terms.limit <= 0:
            raise Refusal("PREVIEW_INVALID_LIMIT_PRICE")
        if not on_grid(terms.limit, product.tick):
            raise Refusal("PREVIEW_INVALID_PRICE_PRECISION")
        if not market.tape.last * TOO_LOW <= terms.limit <= market.tape.last * TOO_HIGH:
            raise Refusal("PREVIEW_LIMIT_PRICE_TOO_FAR_FROM_MARKET")
    if terms.stop is not None and (terms.stop <= 0 or not on_grid(terms.stop, product.tick)):
        raise Refusal("PREVIEW_INVALID_STOP_PRICE_PRECISION")


def _notional(product: Product, market: Market, side: str, terms: Terms) -> None:
    price = terms.limit
    if price is None:
        price = market.book.best(SELL if side == BUY else BUY) or market.tape.last
    worth = terms.quote_size if terms.quote_size is not None else (terms.base_size or ZERO) * price
    if worth < product.quote_min:
        raise Refusal("PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL")
    if worth > product.quote_max:
        raise Refusal("PREVIEW_INVALID_QUOTE_SIZE_TOO_LARGE")


def _times(product: Product, terms: Terms, now: int) -> None:
    if terms.tif != GTD:
        return
    if terms.end is None:
        raise Refusal("PREVIEW_GTD_ORDERS_MUST_HAVE_END_TIME")
    if terms.end <= now:
        raise Refusal("PREVIEW_END_TIME_IS_IN_THE_PAST")
    if terms.end > now + FURTHEST:
        raise Refusal("PREVIEW_END_TIME_TOO_FAR_IN_FUTURE")
    if terms.kind == "TWAP":
        _slices(product, terms, terms.end)


def _slices(product: Product, terms: Terms, end: int) -> None:
    if terms.start is None:
        raise Refusal("PREVIEW_START_TIME_MUST_BE_SPECIFIED")
    if end <= terms.start or terms.buckets < 1:
        raise Refusal("PREVIEW_INVALID_ORDER_CONFIG")
    if terms.base_size is not None and terms.base_size / terms.buckets < product.base_min:
        raise Refusal("PREVIEW_BUCKET_SIZE_SMALLER_THAN_BASE_MIN")
    worth = terms.quote_size if terms.quote_size is not None else (terms.base_size or ZERO) * (terms.limit or ZERO)
    if worth / terms.buckets < product.quote_min:
        raise Refusal("PREVIEW_BUCKET_SIZE_SMALLER_THAN_QUOTE_MIN")
    if pace(terms, terms.start) < SECOND:
        raise Refusal("PREVIEW_DURATION_TOO_SMALL")


def _stops(market: Market, side: str, terms: Terms) -> None:
    last, stop, limit = market.tape.last, terms.stop, terms.limit
    if stop is None or limit is None:
        return
    if terms.kind == "BRACKET":
        if not stop < last:
            raise Refusal("PREVIEW_INVALID_BRACKET_STOP_TRIGGER_PRICE")
        if not last < limit:
            raise Refusal("PREVIEW_INVALID_BRACKET_LIMIT_PRICE")
        return
    if terms.direction not in (UP, DOWN):
        raise Refusal("PREVIEW_INVALID_ORDER_CONFIG")
    if terms.direction == UP and stop <= last:
        raise Refusal("PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE")
    if terms.direction == DOWN and stop >= last:
        raise Refusal("PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE")
    if side == BUY and limit < stop:
        raise Refusal("PREVIEW_STOP_PRICE_ABOVE_LIMIT_PRICE")
    if side == SELL and limit > stop:
        raise Refusal("PREVIEW_STOP_PRICE_BELOW_LIMIT_PRICE")
