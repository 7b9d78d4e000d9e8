"""A sandbox beside a test, on a free port: ``with sandbox() as exchange: ...``.

Time stands still until ``advance``, unless ``wall_clock`` is asked for. Everything goes through the ports, so any
thread and any process may use it; what is told to the exchange by hand goes through its endpoints under /sandbox.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import requests
from coinbase.rest import RESTClient
from requests.adapters import HTTPAdapter

from sandbox.clock import SECOND, VirtualClock, WallClock
from sandbox.exchange import Exchange
from sandbox.faults import KINDS
from sandbox.feed import walks
from sandbox.products import shipped_products
from sandbox.server import Beside, Server
from sandbox.state.recall import begin, remember
from sandbox.state.store import Store
from sandbox.venue import Venue

START = 1_790_000_000 * SECOND  # 2026-09-21 14:13:20 UTC
USER = "trader"
PATIENCE = 30.0  # seconds; a machine that is busy with other things is slow
RICH = MappingProxyType({"USD": "100000", "BTC": "2"})
Row = dict[str, Any]
FAULTS = frozenset(KINDS)  # what ``Sandbox.fault`` can be asked for


class PlainHTTP(HTTPAdapter):
    """For the official client, which knows only https://."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        request.url = "http://" + (request.url or "").removeprefix("https://")
        return super().send(request, *args, **kwargs)


class Sandbox:
    """``root`` and ``socket``: addresses of REST and of the market's WebSocket; the user's is ``socket`` + '/user'."""

    def __init__(self, address: str) -> None:
        self.address, self.root, self.socket = address, f"http://{address}", f"ws://{address}"

    def key(self, algorithm: str = "ES256", scopes: list[str] | None = None, user: str = USER) -> dict[str, str]:
        """A new key: what its file holds, 'name' and 'privateKey'."""
        body = {"user": user, "algorithm": algorithm, "scopes": scopes or ["view", "trade"]}
        return dict(json.loads(self.admin("POST", "/keys", body)["key_file"]))

    def client(
        self, algorithm: str = "ES256", scopes: list[str] | None = None, user: str = USER, **options: Any
    ) -> RESTClient:
        """The official client with a key of its own."""
        row = self.key(algorithm, scopes, user)
        known = {"base_url": self.address, "timeout": PATIENCE, **options}
        client = RESTClient(api_key=row["name"], api_secret=row["privateKey"], **known)
        client.session.mount(f"https://{self.address}", PlainHTTP())
        return client

    def deposit(self, currency: str, amount: str, user: str = USER) -> None:
        """A first deposit makes the user; a negative one is a withdrawal."""
        self.admin("POST", "/deposits", {"user": user, "currency": currency, "amount": amount})

    def price(self, price: object, volume: str | None = None, symbol: str = "BTC-USD") -> None:
        """Trades at ``price``, as much as it takes or ``volume`` of base, and keeps the market there."""
        self.admin("POST", f"/products/{symbol}/price", {"price": str(price), "volume": volume})

    def release(self, symbol: str = "BTC-USD") -> None:
        """Lets the market move by itself again."""
        self.admin("POST", f"/products/{symbol}/price", {})

    def candle(self, opening: object, high: object, low: object, close: object, symbol: str = "BTC-USD") -> None:
        """A minute that trades at these prices: open, high, low, close, a quarter of it each. Needs a virtual clock."""
        for price in (opening, high, low, close):
            self.price(price, symbol=symbol)
            self.advance(15)

    def advance(self, seconds: float) -> None:
        """Lets time pass: trades, triggers, expiries and heartbeats of those seconds happen. Needs a virtual clock."""
        self.admin("POST", "/clock", {"advance": seconds})

    def fault(self, fault: str, **fields: Any) -> None:
        """Switches a fault on; docs/sandbox.md lists kinds and fields."""
        self.admin("POST", "/faults", {"rules": [{"fault": fault, **fields}]})

    def mend(self) -> None:
        """Takes all faults of calls and frames back."""
        self.admin("DELETE", "/faults")

    def flags(self, symbol: str, **flags: Any) -> None:
        """Of a product: trading_disabled, cancel_only, limit_only, post_only, ..., status."""
        self.admin("POST", f"/products/{symbol}/flags", flags)

    def settings(self, **changes: Any) -> None:
        """Such as cancel_lag=2; docs/sandbox.md lists them."""
        self.admin("POST", "/settings", changes)

    def orders(self, user: str = USER) -> list[Row]:
        """All there ever were, oldest first, as GET order shows them."""
        return list(self._truth(user)["orders"])

    def fills(self, user: str = USER) -> list[Row]:
        return list(self._truth(user)["fills"])

    def balances(self, user: str = USER) -> dict[str, tuple[Decimal, Decimal]]:
        """Currency -> what is available, what is held."""
        return {
            row["currency"]: (Decimal(row["available_balance"]["value"]), Decimal(row["hold"]["value"]))
            for row in self._truth(user)["accounts"]
        }

    def ledger_sums(self) -> dict[str, Decimal]:
        """Of every currency, all that anybody owns or owes: zero."""
        return {name: Decimal(total) for name, total in self._truth(USER)["ledger_sums"].items()}

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the exchange's own endpoints. Raises ValueError with what it says against it."""
        answer = requests.request(method, f"{self.root}/sandbox{path}", json=body, timeout=PATIENCE)
        if not answer.ok:
            raise ValueError(answer.text)
        return answer.json()

    def _truth(self, user: str) -> Row:
        return dict(self.admin("GET", f"/users/{user}"))


@contextmanager
def sandbox(
    *, seed: int = 7, wall_clock: bool = False, owns: Mapping[str, str] = RICH, price: object = 60_000,
    state: Path | None = None,
) -> Iterator[Sandbox]:  # fmt: skip
    """BTC-USD at ``price`` (None: as the feed has it), a user 'trader' who owns what ``owns`` says, no faults.

    With ``state`` the next one on the same file goes on where this one ended.
    """
    store = Store(state) if state else None
    with closing(store) if store else nullcontext(), Beside(Server(_venue(seed, wall_clock, owns, store))) as running:
        made = Sandbox(running.address)
        if price is not None:
            made.price(price)
        yield made


def _venue(seed: int, wall_clock: bool, owns: Mapping[str, str], store: Store | None) -> Venue:
    began = now = time.time_ns() if wall_clock else START
    if store:
        began, now = begin(store, now, seed)
    clock = WallClock() if wall_clock else VirtualClock(now)
    exchange = Exchange(clock, shipped_products(), walks(seed, began / SECOND), seed=seed)
    venue = Venue(exchange, seed=seed)
    if store:
        remember(venue, store)
    for currency, amount in owns.items():
        if not exchange.ledger.has(USER, currency):
            exchange.deposit(USER, currency, Decimal(amount))
    exchange.settings.first_subscribe = 10**6  # a leap of the clock ends nobody who has just come
    return venue
