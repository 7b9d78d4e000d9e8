"""What an order or an edit would cost, without placing it."""

from typing import Any
from uuid import uuid4

from sandbox.book import BUY, SELL
from sandbox.money import plain, times
from sandbox.orders import Order
from sandbox.placing import Request
from sandbox.refusals import Refusal
from sandbox.rest.calls import Answer, Call
from sandbox.rest.orders import edit_errors, wish_of
from sandbox.rest.reading import read_request
from sandbox.rest.rows import Row


def preview(call: Call) -> Answer:
    request = read_request(call)
    exchange = call.venue.exchange
    if call.refuse:
        return _preview_row(call, request, None, [call.refuse])
    try:
        order = exchange.preview(call.user, request)
    except Refusal as refusal:
        return _preview_row(call, request, None, [refusal.code])
    return _preview_row(call, request, order, [])


def edit_preview(call: Call) -> Answer:
    exchange, wish = call.venue.exchange, wish_of(call)
    order_id = call.text("order_id")
    reason = exchange.changing.refuse_edit(call.user, order_id, wish) if wish else "INVALID_EDITED_PRICE"
    row: Row = {
        "errors": edit_errors(reason), "slippage": "0", "order_total": "0", "commission_total": "0",
        "quote_size": "0", "base_size": "0", "average_filled_price": "0", "best_bid": "", "best_ask": "",
    }  # fmt: skip
    order = exchange.desk.get(order_id, call.user)
    if order is None or wish is None or reason:
        return row
    value = times(wish.price, wish.size)
    fee = times(value, order.taker_rate)
    total = value + (fee if order.side == BUY else -fee)
    return {
        **row, **_touch(call, order.product.symbol), "order_total": plain(total), "commission_total": plain(fee),
        "quote_size": plain(value), "base_size": plain(wish.size),
    }  # fmt: skip


def _touch(call: Call, symbol: str) -> Row:
    book = call.venue.exchange.market(symbol).book
    bid, ask = book.best(BUY), book.best(SELL)
    return {"best_bid": plain(bid) if bid else "", "best_ask": plain(ask) if ask else ""}


def _preview_row(call: Call, request: Request, order: Order | None, errors: list[str]) -> Row:
    known = call.venue.exchange.products.get(request.symbol) is not None
    row: Row = {
        "order_total": "0", "commission_total": "0", "errs": errors, "warning": ["UNKNOWN"], "quote_size": "0",
        "base_size": "0", "best_bid": "", "best_ask": "", "is_max": False, "order_margin_total": "0", "leverage": "",
        "long_leverage": "", "short_leverage": "", "slippage": "0", "preview_id": str(uuid4()),
        **(_touch(call, request.symbol) if known else {}),
    }  # fmt: skip
    if order is None:
        return row
    size, value, slippage = _estimate(call, order)
    rate = order.maker_rate if order.terms.post_only else order.taker_rate
    fee = order.terms.quote_size - value if order.by_funds and order.terms.quote_size else times(value, rate)
    average = value / size if size else value
    return {
        **row, "order_total": plain(value + (fee if order.side == BUY else -fee)), "commission_total": plain(fee),
        "quote_size": plain(value), "base_size": plain(size), "slippage": plain(slippage),
        "est_average_filled_price": plain(round(average, 8)),
        "commission_detail_total": {"total_commission": plain(fee)},
    }  # fmt: skip


def _estimate(call: Call, order: Order) -> tuple[Any, Any, Any]:
    """Size, value without fees, slippage as a share of the best price."""
    exchange = call.venue.exchange
    market = exchange.market(order.product.symbol)
    if order.terms.kind != "MARKET" or order.limit is not None:
        limit = order.limit or market.tape.last
        return order.size, times(order.size, limit), order.fees
    plan = exchange.placing.market_plan(order, market)
    best = market.book.best(SELL if order.side == BUY else BUY) or market.tape.last
    value = plan.value + (plan.left if order.by_funds else 0)
    size = plan.filled or value / best
    average = plan.value / plan.filled if plan.filled else best
    return size, value, round(abs(average / best - 1), 8)
