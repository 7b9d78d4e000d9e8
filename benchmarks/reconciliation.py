"""Holding an account with ten thousand orders against its exchange: after a long absence, and in its every minute.

    .venv/bin/python -m benchmarks.reconciliation [--orders 10000] [--open 300]

The sandbox exchange runs as a process of its own; the reconciliation runs here, on a database of its own on the running
services. All orders are open here and were filled there meanwhile: the first run reads and posts every fill. The next
finds nothing new; the last has orders at rest to hold against each other as well. Requests are what a real exchange
counts: after 180 at once it gives the readers of a key 2.6 a second.
"""

import argparse
import asyncio
import os
import resource
import tempfile
import time
from base64 import urlsafe_b64encode
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
from coinbase.jwt_generator import build_rest_jwt

from benchmarks import place
from tradingsite.testing.soak.exchange import SoakExchange

folder = tempfile.TemporaryDirectory(prefix="benchmark-")
exchange = SoakExchange(Path(folder.name), 1)
os.environ |= {
    "MARKET": "sandbox", "SANDBOX_ADDRESS": exchange.address,
    "CREDENTIAL_KEYS": urlsafe_b64encode(os.urandom(32)).decode(),
}  # fmt: skip
place.claim("benchmark_reconciliation")

from django.utils import timezone

from apps.markets.models import Product
from apps.markets.services import product_upsert
from apps.operations.venues import SANDBOX
from apps.orders.models import Fill, Order
from apps.orders.reconciliation.models import Reconciled
from apps.orders.reconciliation.run import reconcile
from engine.kinds import OrderKind
from engine.orders.states import OrderState
from exchanges.coinbase.trading.client import PREFIX, Client
from tradingsite.testing.soak.people import Person, person_join

SIZE, HIGH, LOW = Decimal("0.0001"), Decimal(200_000), Decimal(30_000)  # a limit far above fills at once
AT_ONCE, RATE = 180, 2.6  # requests of an account that reads, and what follows a second
ENDPOINT = f"{PREFIX}/orders"
SENDERS = 8


class Requests:
    """Counts what the account's client asks."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        call = Client._call

        def counted(client: Client, method: str, path: str, *args: Any, **options: Any) -> Any:
            self.made[path.rsplit("/", maxsplit=1)[-1]] += 1
            return call(client, method, path, *args, **options)

        Client._call = counted  # type: ignore[method-assign, assignment]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--open", type=int, default=300)
    options = parser.parse_args()
    with folder, place.own_database():
        try:
            exchange.start()
            product = market()
            person = person_join(exchange, 1)
            requests = Requests()
            begun = time.monotonic()
            orders(person, product, options.orders, HIGH)
            print(
                f"{options.orders:,} orders placed in {time.monotonic() - begun:.0f} s; load {os.getloadavg()[0]:.1f}"
            )
            measure("after a long absence", person, requests)
            measure("a minute later", person, requests)
            orders(person, product, options.open, LOW)
            measure(f"with {options.open} orders open", person, requests)
        finally:
            exchange.end()


def market() -> Product:
    return product_upsert(
        venue=SANDBOX, symbol="BTC-USD", base_increment=Decimal("0.00000001"), quote_increment=Decimal("0.01"),
        base_min_size=Decimal("0.00000001"), quote_min_size=Decimal(1),
    )  # fmt: skip


def orders(person: Person, product: Product, count: int, price: Decimal) -> None:
    """Limit orders at the exchange, and as rows that know their names there and nothing of what became of them."""
    placed = asyncio.run(place_many(exchange.key(user=person.name), count, price))
    now = timezone.now() - timedelta(minutes=10)
    Order.objects.bulk_create(
        [
            Order(
                account=person.account, generation=person.account.generation, holder="manual", product=product,
                client_order_id=ours, exchange_order_id=theirs, purpose="entry", side="buy", kind=OrderKind.LIMIT,
                quantity=SIZE, limit_price=price, decided=now, submitted=now, state=OrderState.OPEN,
            )
            for ours, theirs in placed
        ],
        batch_size=1000,
    )  # fmt: skip


async def place_many(key: dict[str, str], count: int, price: Decimal) -> list[tuple[str, str]]:
    left, placed = iter(range(count)), []

    async def sender(session: aiohttp.ClientSession) -> None:
        for _ in left:
            name = str(uuid4())
            terms = {"limit_limit_gtc": {"base_size": str(SIZE), "limit_price": str(price)}}
            body = {"client_order_id": name, "product_id": "BTC-USD", "side": "BUY", "order_configuration": terms}
            token = build_rest_jwt(f"POST {exchange.address}{ENDPOINT}", key["name"], key["privateKey"])
            headers = {"Authorization": f"Bearer {token}"}
            async with session.post(exchange.root + ENDPOINT, json=body, headers=headers) as answer:
                placed.append((name, (await answer.json())["success_response"]["order_id"]))

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(sender(session) for _ in range(SENDERS)))
    return placed


def measure(name: str, person: Person, requests: Requests) -> None:
    requests.made.clear()
    known, state = Fill.objects.count(), Reconciled.objects.get(account=person.account)
    began, spent = time.monotonic(), time.process_time()
    outcome = reconcile(person.account, since=state.fills)
    took = time.monotonic() - began
    Reconciled.objects.filter(account=person.account).update(fills=outcome.cursor)
    total = requests.made.total()
    print(
        f"{name:24} {took:7.1f} s ({time.process_time() - spent:.1f} of the processor), {total} requests "
        f"({', '.join(f'{path} {count}' for path, count in requests.made.most_common())}), "
        f"{max(0, total - AT_ONCE) / RATE:.0f} s of waiting at the real exchange's pace; "
        f"{Fill.objects.count() - known:,} fills posted, {len(outcome.open)} differences, "
        f"at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    main()
