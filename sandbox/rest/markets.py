"""Time, products, candles, books and trades: the same with a key and under /market without."""

import asyncio
from decimal import Decimal

from sandbox.book import BUY, SELL
from sandbox.clock import SECOND, moment_of
from sandbox.market import Market
from sandbox.money import amount, plain, whole
from sandbox.products import Product
from sandbox.refusals import Denied, invalid, not_found
from sandbox.rest.calls import Answer, Call
from sandbox.rest.rows import Row, bar_row, book_row, listed_row, product_row, trade_row

GRANULARITIES = {
    "ONE_MINUTE": 60, "FIVE_MINUTE": 300, "FIFTEEN_MINUTE": 900, "THIRTY_MINUTE": 1800, "ONE_HOUR": 3600,
    "TWO_HOUR": 7200, "FOUR_HOUR": 14400, "SIX_HOUR": 21600, "ONE_DAY": 86400,
}  # fmt: skip
LONG = 30 * 86400  # seconds
MOST_BARS, MOST_TRADES, MOST_LEVELS, TOO_MANY_TRADES = 350, 100, 1000, 1001
TOO_LONG = "start and end argument is invalid - number of candles requested should be less than 350 "


def time(call: Call) -> Answer:
    moment = call.venue.skewed()
    milliseconds = moment // 1_000_000
    seconds = milliseconds // 1000
    iso = call.venue.iso(moment)
    return {"iso": iso, "epochSeconds": str(seconds), "epochMillis": str(milliseconds)}


def products(call: Call) -> Answer:
    wanted, kind = set(call.queries("product_ids")), call.query("product_type") or "SPOT"
    rows = [
        _row(call, product)
        for product in call.venue.exchange.products
        if product.row["product_type"] == kind
        and (not wanted or product.symbol in wanted)
        and (call.flag("get_all_products") or wanted or product.row["status"] == "online")
    ]
    first, limit = call.number("cursor", 0) or call.number("offset", 0), call.number("limit", 0)
    page = rows[first : first + limit] if limit else rows[first:]
    pagination = _pagination(first, limit, len(rows)) if limit else None
    return {"products": page, "num_products": len(page), "pagination": pagination}


def _pagination(first: int, limit: int, total: int) -> Row:
    before, after = max(first - limit, 0), first + limit
    return {
        "prev_cursor": str(before) if first else "", "next_cursor": str(after) if after < total else "",
        "has_next": after < total, "has_prev": first > 0,
    }  # fmt: skip


def product(call: Call) -> Answer:
    return _row(call, _known(call, call.part("product_id")))


async def candles(call: Call) -> Answer:
    known = _known(call, call.part("product_id"))
    try:
        start, end = (whole(call.query(name), digits=11) for name in ("start", "end"))
    except ValueError:
        raise invalid("start and end argument is invalid") from None
    seconds = GRANULARITIES.get(call.query("granularity"))
    if seconds is None:
        raise invalid("granularity argument is invalid")
    if (end - start) // seconds > MOST_BARS:
        raise invalid(TOO_LONG)
    limit = min(call.number("limit", MOST_BARS) or MOST_BARS, MOST_BARS)
    until = min(end, call.now // SECOND)
    tape = _market(call, known).tape
    if until - start > LONG:  # a year of minutes takes seconds: the others need not wait
        bars = await asyncio.to_thread(tape.bars, start, until, seconds)
    else:
        bars = tape.bars(start, until, seconds)
    return {"candles": [bar_row(bar) for bar in reversed(bars)][:limit]}


def book(call: Call) -> Answer:
    symbol = call.query("product_id")
    if not symbol:
        raise invalid("valid product_id is required")
    market = _market(call, _known(call, symbol))
    step = call.query("aggregation_price_increment")
    try:
        parsed = amount(step) if step else None
    except ValueError as error:
        raise invalid(str(error)) from None
    limit = min(call.number("limit", MOST_LEVELS) or MOST_LEVELS, MOST_LEVELS)
    row = book_row(market, symbol, call.now, limit, parsed)
    bid, ask = market.book.best(BUY), market.book.best(SELL)
    gap = ask - bid if bid is not None and ask is not None else Decimal(0)
    mid = market.mid()
    points = (gap / mid * 10_000).quantize(Decimal("1E-12"))
    return {
        "pricebook": row, "last": plain(market.tape.last), "mid_market": plain(mid), "spread_bps": plain(points),
        "spread_absolute": plain(gap),
    }  # fmt: skip


def best_bid_ask(call: Call) -> Answer:
    """Of all products when none is named: then those that nobody has asked for yet show their listed price."""
    if wanted := call.queries("product_ids"):
        known = [_known(call, symbol) for symbol in wanted]
        return {"pricebooks": [book_row(_market(call, one), one.symbol, call.now, 1) for one in known]}
    markets = call.venue.exchange.markets
    return {
        "pricebooks": [
            book_row(markets[one.book], one.symbol, call.now, 1) if one.book in markets else listed_row(one, call.now)
            for one in call.venue.exchange.products
            if one.tradable
        ]
    }


def trades(call: Call) -> Answer:
    known = _known(call, call.part("product_id"))
    limit = call.number("limit", MOST_TRADES)
    if limit >= TOO_MANY_TRADES:
        raise Denied(500, "INTERNAL", "internal error")
    market = _market(call, known)
    first, last = _bound(call, "start"), _bound(call, "end")
    found = [
        trade
        for trade in reversed(market.tape.trades)
        if (first is None or trade.moment >= first) and (last is None or trade.moment <= last)
    ]
    rows = [
        {**trade_row(trade, known.symbol), "bid": "", "ask": "", "exchange": "coinbase"}
        for trade in found[: min(limit, MOST_TRADES)]
    ]
    bid, ask = market.book.best(BUY), market.book.best(SELL)
    return {
        "trades": rows, "best_bid": plain(bid) if bid is not None else "",
        "best_ask": plain(ask) if ask is not None else "",
    }  # fmt: skip


def _bound(call: Call, name: str) -> int | None:
    text = call.query(name)
    if not text:
        return None
    try:
        return whole(text, digits=11) * SECOND if text.isdecimal() else moment_of(text)
    except ValueError:
        raise invalid(f"{name} argument is invalid") from None


def _known(call: Call, symbol: str) -> Product:
    found = call.venue.exchange.products.get(symbol)
    if found is None:
        raise not_found(f"Product {symbol} not supported")
    return found


def _market(call: Call, known: Product) -> Market:
    return call.venue.exchange.market(known.symbol)


def _row(call: Call, known: Product) -> Row:
    return product_row(known, call.venue.exchange.markets.get(known.book), call.now)
