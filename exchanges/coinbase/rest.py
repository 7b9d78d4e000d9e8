"""Coinbase's public REST: products, candles, trades, book and clock. No key needed."""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import requests

from exchanges.coinbase.addresses import Addresses
from exchanges.coinbase.budget import Budget
from exchanges.coinbase.messages import bar, trade
from exchanges.coinbase.records import Bar, Book, Level, Product, Trade
from exchanges.coinbase.retry import Backoff
from exchanges.coinbase.values import Malformed, exact, moment, rows, text, whole
from exchanges.port import Rejected, Unavailable

logger = logging.getLogger(__name__)
PREFIX = "/api/v3/brokerage"
CONNECT, READ = 3.0, 10.0  # seconds until a request fails
MOST_BARS = 300  # a request; the exchange refuses more than 350 buckets
MOST_TRADES = 100
GRANULARITIES = {
    60: "ONE_MINUTE", 300: "FIVE_MINUTE", 900: "FIFTEEN_MINUTE", 1800: "THIRTY_MINUTE", 3600: "ONE_HOUR",
    7200: "TWO_HOUR", 14400: "FOUR_HOUR", 21600: "SIX_HOUR", 86400: "ONE_DAY",
}  # fmt: skip
FLAGS = (
    "is_disabled", "trading_disabled", "cancel_only", "limit_only", "post_only", "auction_mode", "view_only",
)  # fmt: skip
Row = dict[str, Any]


class MarketClient:
    """Every call raises Unavailable (nobody answered, or not now), Rejected (a definite no) or Malformed.

    ``attempts``: a request that may succeed later is made so often, after growing pauses.
    """

    def __init__(
        self,
        addresses: Addresses,
        budget: Budget,
        *,
        timeout: tuple[float, float] = (CONNECT, READ),
        attempts: int = 3,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._root = addresses.rest.rstrip("/") + PREFIX
        self._budget, self._timeout, self._attempts, self._sleep = budget, timeout, attempts, sleep
        self._session = requests.Session()
        self._session.headers["Cache-Control"] = "no-cache"  # answers are a second old otherwise

    def server_time(self) -> datetime:
        row = self._get("/time")
        return datetime.fromtimestamp(whole(row, "epochMillis") / 1000, UTC)

    def products(self) -> list[Product]:
        """All spot products. One that cannot be read is left out and logged."""
        return list(_readable(rows(self._get("/market/products", product_type="SPOT"), "products")))

    def product(self, symbol: str) -> Product:
        return product(self._get(f"/market/products/{symbol}"))

    def candles(self, symbol: str, seconds: int, *, start: int, end: int) -> list[Bar]:
        """Bars of ``seconds`` with ``start`` <= opening time < ``end``, in time order; the running one too.

        Times in which nobody traded have no bar. Long spans take several requests.
        """
        if seconds not in GRANULARITIES:
            raise ValueError(f"seconds must be one of {', '.join(map(str, GRANULARITIES))}, was {seconds}")
        found: dict[int, Bar] = {}
        # Pages share a bar: some have been seen to lack their last.
        aligned = start - start % seconds
        for first in range(aligned, max(end - seconds, min(aligned + 1, end)), (MOST_BARS - 1) * seconds):
            last = min(first + (MOST_BARS - 1) * seconds, end - 1)
            row = self._get(
                f"/market/products/{symbol}/candles", granularity=GRANULARITIES[seconds], start=first, end=last,
                limit=MOST_BARS,
            )  # fmt: skip
            found |= {each.start: each for each in (bar(one, symbol) for one in rows(row, "candles"))}
        return [found[time] for time in sorted(found) if start <= time < end]

    def trades(self, symbol: str, count: int = MOST_TRADES) -> list[Trade]:
        """The last trades, at most 100, in the order in which they happened."""
        row = self._get(f"/market/products/{symbol}/ticker", limit=min(count, MOST_TRADES))
        return sorted((trade(each) for each in rows(row, "trades")), key=lambda each: each.trade_id)

    def book(self, symbol: str, levels: int = 50) -> Book:
        row = self._get("/market/product_book", product_id=symbol, limit=levels).get("pricebook")
        if not isinstance(row, dict):
            raise Malformed(f"pricebook must be an object, was {row!r}")
        return Book(text(row, "product_id"), _levels(row, "bids"), _levels(row, "asks"), moment(row, "time"))

    def close(self) -> None:
        self._session.close()

    def _get(self, path: str, **query: str | int) -> Row:
        backoff = Backoff(first=0.25, longest=4.0)
        for left in reversed(range(self._attempts)):
            try:
                return self._once(path, query)
            except Unavailable as error:
                if not left:
                    raise
                logger.warning("%s, tries again", error)
                self._sleep(backoff.pause())
        raise AssertionError("attempts must be at least 1")

    def _once(self, path: str, query: dict[str, str | int]) -> Row:
        self._budget.wait(self._timeout[1])
        try:
            answer = self._session.get(self._root + path, params=query, timeout=self._timeout)
        except requests.RequestException as error:
            raise Unavailable(f"GET {path} failed: {_words(error)}") from error
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unavailable(f"GET {path} was answered with {answer.status_code}")  # its body may be a page of HTML
        try:
            row = answer.json()
        except requests.JSONDecodeError:
            row = None
        if answer.status_code != HTTPStatus.OK:
            why = row.get("message") if isinstance(row, dict) else answer.text[:200].strip()
            raise Rejected(f"GET {path} was answered with {answer.status_code}: {why}")
        if not isinstance(row, dict):
            raise Malformed(f"GET {path} must give an object, was {answer.text[:80]!r}")
        return row


def product(row: Row) -> Product:
    return Product(
        symbol=text(row, "product_id"), base=text(row, "base_currency_id"), quote=text(row, "quote_currency_id"),
        kind=str(row.get("product_type", "")),
        # The quote increment is that of an amount, and only by custom that of a price.
        tick=exact(row, "price_increment" if row.get("price_increment") else "quote_increment"),
        base_increment=exact(row, "base_increment"), base_min_size=exact(row, "base_min_size"),
        min_notional=exact(row, "quote_min_size"), status=str(row.get("status", "")),
        alias_of=str(row.get("alias", "")), flags=frozenset(flag for flag in FLAGS if row.get(flag) is True),
    )  # fmt: skip


def _readable(listed: list[Row]) -> Iterable[Product]:
    for row in listed:
        try:
            yield product(row)
        except Malformed as error:
            logger.warning("product %s is left out: %s", row.get("product_id"), error)


def _levels(row: Row, name: str) -> tuple[Level, ...]:
    return tuple(Level(exact(each, "price"), exact(each, "size")) for each in rows(row, name))


def _words(error: requests.RequestException) -> str:
    """What went wrong on the way, without the library's inner workings."""
    if isinstance(error, requests.exceptions.SSLError):
        return "the certificate was refused"
    if isinstance(error, requests.exceptions.ReadTimeout):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return type(error).__name__
