"""Events of the channels, as the exchange's JSON shows them."""

from decimal import Decimal
from typing import Any

from sandbox.book import BUY, SELL
from sandbox.clock import SECOND, stamp
from sandbox.keys import portfolio_of
from sandbox.market import Market
from sandbox.money import ZERO, plain
from sandbox.orders import Order, Status
from sandbox.products import Products
from sandbox.rest.rows import bar_row, trade_row, trigger_status
from sandbox.tape import Trade

Row = dict[str, Any]
NEVER = "0001-01-01T00:00:00Z"
KINDS = {"MARKET": "Market", "LIMIT": "Limit", "STOP_LIMIT": "Stop Limit", "BRACKET": "Bracket", "TWAP": "TWAP"}
SNAPSHOT_TRADES, SNAPSHOT_BARS, FIVE_MINUTES = 100, 100, 300
FAR_LEVELS = 22_000  # on each side of a large snapshot
CHUNK = 50  # orders in an event of a snapshot; a chunk with fewer ends it


def book_snapshot(market: Market, moment: int) -> list[Row]:
    updates = [_level(side, price, size, moment) for side in (BUY, SELL) for price, size in market.book.levels(side)]
    return [{"type": "snapshot", "product_id": market.symbol, "updates": updates}]


def book_update(market: Market, touched: list[tuple[str, Decimal]], moment: int) -> list[Row]:
    updates = [_level(side, price, market.book.size_at(side, price), moment) for side, price in touched]
    return [{"type": "update", "product_id": market.symbol, "updates": updates}]


def with_far_levels(events: list[Row]) -> list[Row]:
    """A snapshot of a book with as many levels as that of the busiest product, the added ones far from the market."""
    known = {(row["side"], row["price_level"]) for row in events[0]["updates"]}
    prices = [Decimal(price) for _, price in known]
    step = Decimal(1).scaleb(min((int(price.as_tuple().exponent) for price in prices), default=-2))
    low, high = (min(prices) / 2, max(prices) * 2) if prices else (Decimal(0), Decimal(1))
    moment = events[0]["updates"][0]["event_time"] if prices else NEVER
    added = []
    for side, start, sign in (("bid", low, -1), ("offer", high, 1)):
        first = start.quantize(step)
        for place in range(FAR_LEVELS):
            price = first + sign * place * step
            if price > 0 and (side, plain(price)) not in known:
                row = {"side": side, "event_time": moment, "price_level": plain(price), "new_quantity": "0.001"}
                added.append(row)
    return [{**events[0], "updates": events[0]["updates"] + added}]


def trades(market: Market, kind: str, newest_first: list[Trade]) -> list[Row]:
    return [{"type": kind, "trades": [trade_row(trade, market.symbol) for trade in newest_first]}]


def trades_snapshot(market: Market) -> list[Row]:
    return trades(market, "snapshot", list(reversed(market.tape.trades))[:SNAPSHOT_TRADES])


def ticker(market: Market, kind: str, now: int, *, quotes: bool) -> list[Row]:
    volume, low, high, change = market.change(now)
    row = {
        "type": "ticker", "product_id": market.symbol, "price": plain(market.tape.last), "volume_24_h": plain(volume),
        "low_24_h": plain(low), "high_24_h": plain(high), "low_52_w": plain(low), "high_52_w": plain(high),
        "price_percent_chg_24_h": plain(round(change, 14)),
    }  # fmt: skip
    if quotes:
        row |= _quote(market, BUY, "best_bid") | _quote(market, SELL, "best_ask")
    return [{"type": kind, "tickers": [row]}]


def candles(market: Market, kind: str, now: int) -> list[Row]:
    seconds = now // SECOND
    since = seconds - (FIVE_MINUTES * SNAPSHOT_BARS if kind == "snapshot" else 0)
    bars = market.tape.bars(since // FIVE_MINUTES * FIVE_MINUTES, seconds, FIVE_MINUTES)
    rows = [{**bar_row(bar), "product_id": market.symbol} for bar in reversed(bars)]
    return [{"type": kind, "candles": rows}]


def status(products: Products, symbols: list[str], kind: str) -> list[Row]:
    rows = []
    for symbol in symbols:
        product = products[symbol]
        rows.append({
            "product_type": "SPOT", "id": symbol, "base_currency": product.base, "quote_currency": product.quote,
            "base_increment": plain(product.base_increment), "quote_increment": plain(product.quote_increment),
            "display_name": f"{product.base}/{product.quote}", "status": product.row["status"],
            "status_message": ", ".join(product.flags),
            "min_market_funds": plain(product.quote_min),
        })  # fmt: skip
    return [{"type": kind, "products": rows}]


def heartbeat(counter: int, now: int) -> list[Row]:
    """``current_time`` is how the exchange's language prints a time, not RFC 3339."""
    day, _, clock = stamp(now)[:-1].partition("T")
    return [{"current_time": f"{day} {clock} +0000 UTC m=+{counter}.000000000", "heartbeat_counter": counter}]


def user_snapshot(orders: list[Order]) -> list[list[Row]]:
    """Events, one for each frame."""
    rows = [user_order(order) for order in orders]
    chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    if not chunks or len(chunks[-1]) == CHUNK:
        chunks.append([])
    return [[_user_event("snapshot", chunk)] for chunk in chunks]


def user_update(row: Row) -> list[Row]:
    return [_user_event("update", [row])]


def user_order(order: Order) -> Row:
    gone = order.done or order.by_funds
    sign = 1 if order.side == BUY else -1
    return {
        "avg_price": plain(order.average), "cancel_reason": order.cancel_message,
        "client_order_id": order.client_order_id, "completion_percentage": plain(order.completion),
        "contract_expiry_type": "UNKNOWN_CONTRACT_EXPIRY_TYPE", "cumulative_quantity": plain(order.filled),
        "filled_value": plain(order.value), "leaves_quantity": plain(ZERO if gone else order.left),
        "limit_price": plain(order.limit or ZERO), "number_of_fills": str(len(order.fills)),
        "order_id": order.order_id, "order_side": order.side, "order_type": KINDS[order.terms.kind],
        "outstanding_hold_amount": plain(order.hold), "post_only": "true" if order.terms.post_only else "false",
        "product_id": order.product.book, "product_type": "SPOT",
        "reject_reason": order.reject_reason if order.status == Status.FAILED else "",
        "retail_portfolio_id": portfolio_of(order.user), "risk_managed_by": "UNKNOWN_RISK_MANAGEMENT_TYPE",
        "status": order.status.value, "stop_price": plain(order.stop) if order.stop else "",
        "time_in_force": order.terms.tif, "total_fees": plain(order.fees),
        "total_value_after_fees": plain(order.value + sign * order.fees if order.fills else ZERO),
        "trigger_status": trigger_status(order), "creation_time": stamp(order.created),
        "end_time": stamp(order.terms.end) if order.terms.end else NEVER,
        "start_time": stamp(order.terms.start) if order.terms.start else NEVER,
    }  # fmt: skip


def no_futures() -> list[Row]:
    names = (
        "futures_buying_power", "total_usd_balance", "cbi_usd_balance", "cfm_usd_balance",
        "total_open_orders_hold_amount", "unrealized_pnl", "daily_realized_pnl", "initial_margin", "available_margin",
        "liquidation_threshold", "liquidation_buffer_amount", "liquidation_buffer_percentage",
    )  # fmt: skip
    return [{"type": "snapshot", "fcm_balance_summary": dict.fromkeys(names, "0")}]


def _user_event(kind: str, rows: list[Row]) -> Row:
    positions: Row = {"perpetual_futures_positions": [], "expiring_futures_positions": []}
    return {"type": kind, "orders": rows, "positions": positions}


def _quote(market: Market, side: str, name: str) -> Row:
    price = market.book.best(side)
    if price is None:
        return {name: "", f"{name}_quantity": ""}
    return {name: plain(price), f"{name}_quantity": plain(market.book.size_at(side, price))}


def _level(side: str, price: Decimal, size: Decimal, moment: int) -> Row:
    return {
        "side": "bid" if side == BUY else "offer", "event_time": stamp(moment), "price_level": plain(price),
        "new_quantity": plain(size),
    }  # fmt: skip
