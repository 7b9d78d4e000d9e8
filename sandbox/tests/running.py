"""The sandbox on a free port, with the official client pointed at it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import requests
from coinbase.rest import RESTClient

from sandbox.clock import VirtualClock
from sandbox.exchange import Exchange
from sandbox.products import shipped_products
from sandbox.server import Beside, Server
from sandbox.tests.world import START, seeded
from sandbox.venue import Venue

USER = "trader"


class PlainHTTP(requests.adapters.HTTPAdapter):
    """The official client knows only https://."""

    def send(self, request, *args, **kwargs):
        request.url = "http://" + request.url.removeprefix("https://")
        return super().send(request, *args, **kwargs)


class Sandbox:
    def __init__(self, running: Beside, venue: Venue) -> None:
        self.running, self.venue = running, venue
        self.root = f"http://{running.address}"
        self.socket = f"ws://{running.address}"

    def key(self, algorithm: str = "ES256", scopes: list[str] | None = None) -> dict[str, str]:
        body = {"user": USER, "algorithm": algorithm, "scopes": scopes or ["view", "trade"]}
        return json.loads(self.admin("POST", "/keys", body)["key_file"])

    def client(self, algorithm: str = "ES256", scopes: list[str] | None = None, **options: Any) -> RESTClient:
        row = self.key(algorithm, scopes)
        client = RESTClient(
            api_key=row["name"], api_secret=row["privateKey"], base_url=self.running.address, timeout=5, **options
        )
        client.session.mount(f"https://{self.running.address}", PlainHTTP())
        return client

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.root}/sandbox{path}", json=body, timeout=5)
        assert answer.ok, answer.text
        return answer.json()

    def price(self, price: Any, volume: str | None = None, symbol: str = "BTC-USD") -> None:
        self.admin("POST", f"/products/{symbol}/price", {"price": str(price), "volume": volume})

    def advance(self, seconds: float) -> None:
        self.admin("POST", "/clock", {"advance": seconds})

    def fault(self, fault: str, **fields: Any) -> None:
        self.admin("POST", "/faults", {"rules": [{"fault": fault, **fields}]})


def new_venue(seed: int = 7) -> Venue:
    exchange = Exchange(VirtualClock(START), shipped_products(), seeded(seed), seed=seed)
    venue = Venue(exchange, seed=seed)
    for currency, amount in (("USD", "100000"), ("BTC", "2")):
        exchange.deposit(USER, currency, Decimal(amount))
    exchange.settings.first_subscribe = 10**6
    return venue


@contextmanager
def sandbox() -> Iterator[Sandbox]:
    venue = new_venue()
    with Beside(Server(venue)) as running:
        made = Sandbox(running, venue)
        made.price(60000)
        yield made
