"""The sandbox's own endpoints, under /sandbox: for the hand on the switchboard, not for the client under test."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox.clock import SECOND, VirtualClock, stamp
from sandbox.faults import KINDS, read_plan
from sandbox.keys import ES256, read_networks, read_scopes
from sandbox.money import amount, plain
from sandbox.refusals import invalid
from sandbox.rest.calls import Answer, Call, Handler
from sandbox.rest.rows import fill_row, order_row, wallet_row


def state(call: Call) -> Answer:
    exchange = call.venue.exchange
    return {
        "time": stamp(exchange.clock.now()), "virtual": isinstance(exchange.clock, VirtualClock),
        "settings": exchange.settings.as_row(), "orders": len(exchange.desk), "fills": len(exchange.execution.fills),
        "open_orders": sum(1 for _ in exchange.desk.open()), "connections": len(call.venue.hub.connections),
        "markets": {symbol: plain(market.tape.last) for symbol, market in exchange.markets.items()},
        "keys": [{"name": key.name, "user": key.user, "scopes": sorted(key.scopes)} for key in call.venue.keys],
    }  # fmt: skip


def settings(call: Call) -> Answer:
    _reading(lambda: call.venue.exchange.settings.change(call.body))
    return call.venue.exchange.settings.as_row()


def clock(call: Call) -> Answer:
    """``advance``: seconds. Only a virtual clock moves."""
    exchange = call.venue.exchange
    if not isinstance(exchange.clock, VirtualClock):
        raise invalid("the clock must be virtual to be moved: start with --virtual-clock")
    seconds = call.body.get("advance", 0)
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or not 0 <= seconds <= 86400 * 366:
        raise invalid(f"advance must be seconds, 0 to {86400 * 366}, was {seconds!r}")
    call.venue.advance(exchange.clock.now() + int(seconds * SECOND))
    return {"time": stamp(exchange.clock.now())}


def price(call: Call) -> Answer:
    """``price`` with an optional ``volume`` trades there and stays; without a price the feed takes over again."""
    symbol = _symbol(call)
    if call.body.get("price") is None:
        call.venue.exchange.release_price(symbol)
    else:
        target = _amount(call.body["price"])
        volume = _amount(call.body["volume"]) if call.body.get("volume") is not None else None
        if target <= 0:
            raise invalid(f"price must be above 0, was {target}")
        call.venue.exchange.set_price(symbol, target, volume)
    return {"last": plain(call.venue.exchange.market(symbol).tape.last)}


def flags(call: Call) -> Answer:
    product = call.venue.exchange.products[_symbol(call)]
    try:
        call.venue.exchange.products.set_flags(product.symbol, call.body)
    except KeyError as error:
        raise invalid(str(error.args[0])) from None
    except ValueError as error:
        raise invalid(str(error)) from None
    return product.row


def deposit(call: Call) -> Answer:
    """``user``, ``currency``, ``amount``; a negative amount is a withdrawal."""
    ledger, user, currency = call.venue.exchange.ledger, call.text("user"), call.text("currency")
    value = _amount(call.body.get("amount"))
    if value < 0 and ledger.available(user, currency) < -value:
        raise invalid(f"amount must be at most what is available, {ledger.available(user, currency)}, was {-value}")
    _reading(lambda: call.venue.exchange.deposit(user, currency, value))
    return {"account": wallet_row(ledger.wallet(user, currency))}


def keys(call: Call) -> Answer:
    """``user``, ``algorithm``, ``scopes``, ``addresses``: a new key. With ``name`` instead, changes it or revokes."""
    ring, rows = call.venue.keys, call.body
    scopes = _reading(lambda: read_scopes(rows["scopes"])) if rows.get("scopes") is not None else None
    addresses = _reading(lambda: read_networks(rows["addresses"])) if rows.get("addresses") is not None else None
    if name := call.text("name"):
        key = ring.get(name)
        if key is None:
            raise invalid(f"name must be a key's, was {name!r}")
        key.scopes = key.scopes if scopes is None else scopes
        key.addresses = key.addresses if addresses is None else addresses
        key.revoked = bool(rows.get("revoked", key.revoked))
        return key.as_row()
    user, algorithm = call.text("user") or "trader", call.text("algorithm") or ES256
    return {"key_file": _reading(lambda: ring.make(user, algorithm, scopes, addresses or ()))}


def faults(call: Call) -> Answer:
    board = call.venue.faults
    if call.request.method == "DELETE":
        board.clear()
    elif call.request.method == "POST":
        seed, rows = _reading(lambda: read_plan(call.body))
        if seed is not None:
            board.reseed(seed)
        _reading(lambda: call.venue.set_faults(rows))
    return {"rules": [rule.as_row() for rule in board.rules], "hits": dict(board.hits), "kinds": KINDS}


def truth(call: Call) -> Answer:
    """All that the exchange knows of a user: what a client's books are compared with."""
    exchange, user = call.venue.exchange, call.part("user")
    return {
        "orders": [order_row(order) for order in exchange.desk.of(user)],
        "fills": [fill_row(fill) for fill in exchange.execution.fills_of(user)],
        "accounts": [wallet_row(wallet) for wallet in exchange.ledger.wallets(user)],
        "ledger_sums": {currency: plain(total) for currency, total in exchange.ledger.sums().items()},
    }


def _symbol(call: Call) -> str:
    symbol = call.part("product_id")
    if call.venue.exchange.products.get(symbol) is None:
        raise invalid(f"product must be listed, was {symbol!r}")
    return symbol


def _amount(value: Any) -> Decimal:
    return _reading(lambda: amount(value))


def _reading[T](action: Callable[[], T]) -> T:
    try:
        return action()
    except ValueError as error:
        raise invalid(str(error)) from None


ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "/sandbox", state),
    ("POST", "/sandbox/settings", settings),
    ("POST", "/sandbox/clock", clock),
    ("POST", "/sandbox/products/{product_id}/price", price),
    ("POST", "/sandbox/products/{product_id}/flags", flags),
    ("POST", "/sandbox/deposits", deposit),
    ("POST", "/sandbox/keys", keys),
    ("GET", "/sandbox/faults", faults),
    ("POST", "/sandbox/faults", faults),
    ("DELETE", "/sandbox/faults", faults),
    ("GET", "/sandbox/users/{user}", truth),
]
