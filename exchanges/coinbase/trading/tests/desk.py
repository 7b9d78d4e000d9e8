"""An account at the sandbox behind the port, with traces in memory."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from engine.kinds import OrderKind
from exchanges.coinbase.addresses import Addresses
from exchanges.coinbase.trading.client import Client
from exchanges.coinbase.trading.exchange import CoinbaseExchange
from exchanges.coinbase.trading.facts import Facts
from exchanges.coinbase.trading.pace import LocalPace
from exchanges.coinbase.trading.signer import Credentials
from exchanges.coinbase.trading.traces import Remembered, Trace
from exchanges.port import NewOrder, OrderReport
from sandbox.testing import START, Sandbox

SYMBOL = "BTC-USD"
BEGAN = datetime.fromtimestamp(START / 10**9, UTC) - timedelta(minutes=1)  # the sandbox's clock stands there


class Wall:
    """The sandbox judges tokens by the wall's clock, whatever its own shows."""

    skew = 0.0

    def now(self) -> float:
        return time.time()

    def doubt(self) -> None:
        """It is the one that both go by."""


class Tracing(CoinbaseExchange):
    """Keeps traces as the platform does: before an order is sent, and with its id when that is told."""

    def __init__(self, client: Client) -> None:
        self.traces = Remembered()
        super().__init__(client, self.traces, Facts(), BEGAN)

    def place(self, order: NewOrder) -> OrderReport:
        if order.client_order_id not in self.traces.of([order.client_order_id]):
            self.traces.add(
                Trace(
                    order.client_order_id, order.symbol, order.kind, BEGAN,
                    limit_price=order.limit_price, stop_price=order.stop_price,
                )
            )  # fmt: skip
        report = super().place(order)
        self.traces.name(order.client_order_id, report.exchange_order_id)
        return report


class Desk:
    """``sandbox`` is told by hand what others do; ``exchange`` is what is tested."""

    symbol = SYMBOL

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.addresses = Addresses(rest=sandbox.root, socket=sandbox.socket, user=f"{sandbox.socket}/user")
        self.client = self.connect(sandbox.key())
        self.exchange = Tracing(self.client)

    def connect(self, row: dict[str, str]) -> Client:
        credentials = Credentials(row["name"], row["privateKey"])
        return Client(lambda: credentials, self.addresses, LocalPace(1000, 1000), Wall())

    def new(self, **fields: Any) -> NewOrder:
        order: dict[str, Any] = {
            "client_order_id": uuid4(), "symbol": SYMBOL, "side": "buy", "kind": OrderKind.LIMIT,
            "quantity": Decimal(1), "limit_price": Decimal(90),
        }  # fmt: skip
        return NewOrder(**(order | fields))

    def own(self, quantity: str) -> None:
        """The sandbox's user owns two already."""

    def trade(self, *prices: str) -> None:
        for price in prices:
            self.sandbox.price(price)
            self.sandbox.advance(1)

    def near(self, price: Decimal, market: int) -> bool:
        return abs(price - market) <= market * Decimal("0.005")
