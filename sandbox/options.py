"""The command line: what the exchange is started with, and the exchange that comes of it."""

import json
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.accounts import user_named
from sandbox.clock import SECOND, Clock, VirtualClock, WallClock
from sandbox.exchange import Exchange
from sandbox.faults import read_plan
from sandbox.feed import Feed, recording, recordings, walks
from sandbox.keys import EDDSA, ES256, TRADE, TRANSFER, VIEW
from sandbox.money import amount
from sandbox.products import Product, listed_products, shipped_products
from sandbox.server import Server
from sandbox.state.recall import begin, remember
from sandbox.state.store import Store
from sandbox.tls import server_context
from sandbox.venue import Venue

FOLDER = Path(".sandbox")
KEY_FILE = "key.json"
LAST_PORT, MOST = 65535, 10**6


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; the admin endpoints ask for no key")
    parser.add_argument("--port", type=_port, default=9000, help="of HTTP and ws; 0 takes a free one")
    parser.add_argument("--tls", action="store_true", help="speak HTTPS and wss too, with an authority of its own")
    parser.add_argument("--tls-port", type=_port, default=9443)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for the key file and the certificates")
    parser.add_argument("--state", type=Path, help="file in which all is kept; without, nothing is")
    parser.add_argument("--candles", type=_folder, help="folder of recorded candles, ..._BTC-USD_1m.parquet")
    parser.add_argument("--products", type=Path, help="JSON of GET /market/products, in place of the shipped list")
    parser.add_argument("--speed", type=_positive, default=1.0, help="seconds of the market in a second of the clock")
    parser.add_argument("--seed", type=int, default=7, help="of the generated markets, the crowd and the faults")
    parser.add_argument("--tick", type=_positive, default=1.0, help="seconds between the crowd's trades")
    parser.add_argument("--faults", type=Path, help='JSON: {"seed": 1, "rules": [{"fault": "latency", ...}]}')
    parser.add_argument("--settings", type=Path, help="JSON of settings, such as cancel_lag")
    parser.add_argument("--algorithm", choices=(ES256, EDDSA), default=ES256, help="of the key that is made")
    parser.add_argument("--scopes", default="view,trade", help="of the key: view, trade, transfer")
    parser.add_argument("--user", type=_user, default="trader", help="whose key it is")
    parser.add_argument("--deposit", action="append", metavar="USD=100000", help="what a new user owns; repeatable")
    parser.add_argument("--virtual-clock", action="store_true", help="time moves only by POST /sandbox/clock")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) <= LAST_PORT):
        raise ArgumentTypeError(f"must be a port, 0 to {LAST_PORT}, was {text!r}")
    return int(text)


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= MOST:
        raise ArgumentTypeError(f"must be a number above 0 and at most {MOST}, was {text!r}")
    return value


def _folder(text: str) -> Path:
    if not recordings(Path(text)):
        raise ArgumentTypeError(f"must be a folder with files called ..._BTC-USD_1m.parquet, was {text!r}")
    return Path(text)


def _user(text: str) -> str:
    try:
        return user_named(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def server_of(options: Namespace) -> Server:
    """The server that the options describe. Raises ValueError or OSError for what cannot be used."""
    venue = venue_of(options)
    return Server(
        venue, host=options.host, port=options.port, tls_port=options.tls_port,
        tls=server_context(options.folder) if options.tls else None,
    )  # fmt: skip


def venue_of(options: Namespace) -> Venue:
    began = now = time.time_ns()
    store = Store(options.state) if options.state else None
    if store:
        began, now = begin(store, now, options.seed)
    clock: Clock = VirtualClock(now) if options.virtual_clock else WallClock()
    products = listed_products(options.products) if options.products else shipped_products()
    exchange = Exchange(clock, products, feeds(options, began), seed=options.seed, tick=options.tick)
    venue = Venue(exchange, seed=options.seed)
    if store:
        remember(venue, store)
    for symbol in recordings(options.candles) if options.candles else ():
        if products.get(symbol):
            exchange.market(symbol)  # lists it with the recorded price, not the shipped one
    for text in options.deposit or ("USD=100000", "USDC=100000", "BTC=1"):
        currency, value = _deposit(text)
        if not exchange.ledger.has(options.user, currency):
            exchange.deposit(options.user, currency, value)
    _give_key(venue, options)
    if options.settings:
        exchange.settings.change(_object(options.settings))
    if options.faults:
        seed, rows = read_plan(_object(options.faults))
        venue.faults.reseed(options.seed if seed is None else seed)
        venue.set_faults(rows)
    return venue


def _object(path: Path) -> dict[str, Any]:
    """Raises ValueError, with the file's name, for what is no JSON object."""
    try:
        row = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path} must be JSON: {error}") from None
    if not isinstance(row, dict):
        raise ValueError(f"{path} must be a JSON object, was {row!r:.40}")
    return row


def feeds(options: Namespace, began: int) -> Callable[[Product, int], Feed]:
    """Recorded candles where there are some, else a seeded walk from the listed price. Raises ValueError."""
    files = recordings(options.candles) if options.candles else {}
    recorded = {symbol: recording(path, began / SECOND, options.speed) for symbol, path in files.items()}
    walk = walks(options.seed, began / SECOND, options.speed)

    def feed(product: Product, now: int) -> Feed:
        return recorded.get(product.symbol) or walk(product, now)

    return feed


def _give_key(venue: Venue, options: Namespace) -> None:
    """A key that is in the folder is used again: clients need not be told of a restart."""
    file = options.folder / KEY_FILE
    scopes = {scope.strip() for scope in options.scopes.split(",")}
    if scopes - {VIEW, TRADE, TRANSFER}:
        raise ValueError(f"scopes must be of {VIEW}, {TRADE}, {TRANSFER}, were {options.scopes}")
    if file.is_file():
        venue.keys.adopt(file.read_text(), options.user).scopes = scopes
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(venue.keys.make(options.user, options.algorithm, scopes))


def _deposit(text: str) -> tuple[str, Decimal]:
    currency, _, value = text.partition("=")
    try:
        owned = amount(value)
    except ValueError:
        owned = Decimal(-1)
    if owned < 0:
        raise ValueError(f"deposit must be CURRENCY=AMOUNT, was {text!r}")
    return currency, owned
