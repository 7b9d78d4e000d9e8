"""The exchange's objects as its JSON shows them: every amount is text."""

from decimal import Decimal
from typing import Any

from sandbox.accounts import Wallet
from sandbox.book import BUY, SELL
from sandbox.clock import fine_stamp, stamp
from sandbox.fees import STABLE
from sandbox.keys import portfolio_of, user_id
from sandbox.market import Market
from sandbox.money import ZERO, floor_to, plain
from sandbox.orders import Fill, Order, Status
from sandbox.products import Product
from sandbox.tape import Bar, Trade

Row = dict[str, Any]
CASH = STABLE - {"USDC", "USDT", "DAI", "PYUSD", "EURC"}


def money(value: Decimal, currency: str) -> Row:
    return {"value": plain(value), "currency": currency}


def wallet_row(wallet: Wallet) -> Row:
    cash = wallet.currency in CASH
    return {
        "uuid": wallet.uuid, "name": f"{wallet.currency} Wallet", "currency": wallet.currency,
        "available_balance": money(wallet.available, wallet.currency), "default": wallet.currency in ("USD", "BTC"),
        "active": True, "created_at": stamp(wallet.created), "updated_at": stamp(wallet.updated), "deleted_at": None,
        "type": "ACCOUNT_TYPE_FIAT" if cash else "ACCOUNT_TYPE_CRYPTO", "ready": True,
        "hold": money(wallet.hold, wallet.currency), "retail_portfolio_id": portfolio_of(wallet.user),
        "platform": "ACCOUNT_PLATFORM_CONSUMER",
    }  # fmt: skip


def product_row(product: Product, market: Market | None, now: int) -> Row:
    """With live prices once the product's market is open, else those of the list."""
    if market is None:
        return product.row
    volume, low, high, change = market.change(now)
    return {
        **product.row, "price": plain(market.tape.last), "volume_24h": plain(volume), "low_24h": plain(low),
        "high_24h": plain(high), "price_percentage_change_24h": plain(change.quantize(Decimal("1E-14"))),
        "approximate_quote_24h_volume": f"{volume * market.tape.last:.2f}",
    }  # fmt: skip


def order_row(order: Order) -> Row:
    open_row = not order.fills
    total = ZERO if open_row else order.value + (order.fees if order.side == BUY else -order.fees)
    return {
        "order_id": order.order_id, "product_id": order.product.symbol, "user_id": user_id(order.user),
        "order_configuration": order.configuration, "side": order.side, "client_order_id": order.client_order_id,
        "status": order.status.value, "time_in_force": order.terms.tif, "created_time": stamp(order.created),
        "completion_percentage": plain(order.completion), "filled_size": plain(order.filled),
        "average_filled_price": plain(order.average), "fee": "", "number_of_fills": str(len(order.fills)),
        "filled_value": plain(order.value), "pending_cancel": order.pending_cancel, "size_in_quote": order.by_funds,
        "total_fees": plain(order.fees), "size_inclusive_of_fees": order.by_funds,
        "total_value_after_fees": plain(total), "trigger_status": trigger_status(order),
        "order_type": order.terms.kind, "reject_reason": order.reject_reason,
        "settled": order.status == Status.FILLED, "product_type": "SPOT", "reject_message": "",
        "cancel_message": order.cancel_message, "order_placement_source": "RETAIL_ADVANCED",
        "outstanding_hold_amount": plain(order.hold), "is_liquidation": False,
        "last_fill_time": fine_stamp(order.last_fill) if order.last_fill else None,
        "edit_history": [
            {"price": plain(edit.price), "size": plain(edit.size), "replace_accept_timestamp": stamp(edit.moment)}
            for edit in order.edits
        ],
        "leverage": "", "margin_type": "UNKNOWN_MARGIN_TYPE", "retail_portfolio_id": portfolio_of(order.user),
        "originating_order_id": order.parent, "attached_order_id": order.child,
        "attached_order_configuration": order.attached, "last_update_time": stamp(order.updated),
    }  # fmt: skip


def trigger_status(order: Order) -> str:
    if order.terms.kind not in ("STOP_LIMIT", "BRACKET"):
        return "INVALID_ORDER_TYPE"
    return "STOP_TRIGGERED" if order.triggered else "STOP_PENDING"


def fill_row(fill: Fill) -> Row:
    return {
        "entry_id": f"{fill.sequence:064x}", "trade_id": fill.trade_id, "order_id": fill.order_id,
        "trade_time": fine_stamp(fill.moment), "trade_type": "FILL", "price": plain(fill.price),
        "size": plain(fill.value if fill.size_in_quote else fill.size), "commission": plain(fill.fee),
        "product_id": fill.symbol, "sequence_timestamp": stamp(fill.moment),
        "liquidity_indicator": "MAKER" if fill.maker else "TAKER", "size_in_quote": fill.size_in_quote,
        "user_id": user_id(fill.user), "side": fill.side, "retail_portfolio_id": portfolio_of(fill.user),
        "fillSource": "FILL_SOURCE_CLOB",
    }  # fmt: skip


def bar_row(bar: Bar) -> Row:
    return {
        "start": str(bar.start), "low": plain(bar.low), "high": plain(bar.high), "open": plain(bar.open),
        "close": plain(bar.close), "volume": plain(bar.volume),
    }  # fmt: skip


def trade_row(trade: Trade, symbol: str) -> Row:
    return {
        "trade_id": str(trade.trade_id), "product_id": symbol, "price": plain(trade.price), "size": plain(trade.size),
        "time": stamp(trade.moment), "side": trade.maker_side,
    }  # fmt: skip


def levels(market: Market, side: str, limit: int, step: Decimal | None = None) -> list[Row]:
    """Price and size of the best levels; with ``step`` gathered to its multiples."""
    found: dict[Decimal, Decimal] = {}
    for price, size in market.book.levels(side):
        key = price
        if step:
            key = price // step * step
            key += step if side == SELL and key < price else 0
        if key not in found and len(found) == limit:
            break
        found[key] = found.get(key, ZERO) + size
    return [{"price": plain(price), "size": plain(size)} for price, size in found.items()]


def book_row(market: Market, symbol: str, now: int, limit: int, step: Decimal | None = None) -> Row:
    bids, asks = levels(market, BUY, limit, step), levels(market, SELL, limit, step)
    return {"product_id": symbol, "bids": bids, "asks": asks, "time": stamp(now)}


def listed_row(product: Product, now: int) -> Row:
    """The top of a book that is not open: a tick apart at the listed price, with what is traded there in a minute."""
    price, size = product.listed_price, floor_to(product.listed_volume / 1440, product.base_increment)
    row: Row = {"product_id": product.symbol, "bids": [], "asks": [], "time": stamp(now)}
    if price <= 0 or size <= 0:
        return row
    ask = {"price": plain(price + product.tick), "size": plain(size)}
    return {**row, "bids": [{"price": plain(price), "size": plain(size)}], "asks": [ask]}
