"""From a price or a hint to every open page: one web process, as many sockets as people.

    .venv/bin/python -m benchmarks.fanout [--clients 200,1000] [--seconds 20]

Each client is a user of its own with a paper account; one in five holds a position, whose figures move with the price.
A price goes out once a second, and a hint to every user in between. Latency: from handing the message to Redis to the
client's having the frame; the socket sends at most four frames a second, so 125 ms of the median are intended. The
clients run in this process, on the same machine.
"""

import argparse
import asyncio
import json
import os
import random
import time
from decimal import Decimal
from pathlib import Path
from statistics import quantiles

from benchmarks import place

place.claim("benchmark_fanout")

from django.utils import timezone
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from apps.accounts.models import TradingAccount, User
from apps.ledger.models import Position
from apps.markets.models import Feed, Product
from apps.markets.services import product_upsert, session_open
from apps.operations.hints import market_group, send, user_group
from apps.portfolio.services import paper_account_open
from tradingsite.launcher.memory import memory_by_root

PATIENCE = 300.0  # seconds for all to arrive
START = 1_580_774_400


class Clients:
    """Open sockets that note when each price and each hint arrived."""

    def __init__(self, port: int, cookies: list[str]) -> None:
        self.address, self.cookies = f"ws://127.0.0.1:{port}/ws/live/", cookies
        self.sent: dict[str, float] = {}
        self.took: dict[str, list[float]] = {"price": [], "hint": []}
        self.frames = self.bytes = self.broken = self.again = 0
        self.open = 0

    async def one(self, cookie: str) -> None:
        headers = {"Cookie": f"sessionid={cookie}", "Origin": self.address.replace("ws", "http", 1)}
        while True:  # as a page does: whom the server had no time for asks again
            try:
                socket = await connect(self.address, additional_headers=headers, open_timeout=PATIENCE)
                break
            except (OSError, TimeoutError, InvalidHandshake):
                self.again += 1
                await asyncio.sleep(random.uniform(0.5, 4))
        self.open += 1
        try:
            async for text in socket:
                self._hear(text)
        except ConnectionClosed:
            self.broken += 1

    def _hear(self, text: str | bytes) -> None:
        now = time.monotonic()
        self.frames += 1
        self.bytes += len(text)
        for message in json.loads(text)["m"]:
            if message["t"] == "v":
                for key, shown, _ in message["d"]:
                    if key.startswith("price.") and shown in self.sent:
                        self.took["price"].append(now - self.sent[shown])
            elif message["t"] == "inv":
                for key in message["k"]:
                    if key in self.sent:
                        self.took["hint"].append(now - self.sent[key])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", default="200,1000")
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    with place.own_database():
        product = market()
        for count in map(int, options.clients.split(",")):
            users = people(product, count)
            cookies = [place.signed_in(user) for user in users]
            with place.web() as (port, process):
                asyncio.run(measure(Clients(port, cookies), product, users, options.seconds, process))


def market() -> Product:
    product = product_upsert(
        venue="replay", symbol="BTC-USD", base_increment=Decimal("0.00000001"), quote_increment=Decimal("0.01"),
        base_min_size=Decimal("0.00000001"), quote_min_size=Decimal(1),
    )  # fmt: skip
    session = session_open(venue="replay", title="benchmark", history={}, starts=START, ends=START + 86_400)
    now = {"session": session, "price": 9000.0, "market_time": START, "updated": timezone.now()}
    Feed.objects.update_or_create(product=product, defaults=now)
    return product


def people(product: Product, count: int) -> list[User]:
    known = list(User.objects.order_by("pk")[:count])
    for number in range(len(known), count):
        user = User.objects.create_user(f"trader-{number}@example.org")
        account = paper_account_open(user=user, name="Paper", venue=product.venue, deposit=Decimal(10_000))
        if number % 5 == 0:
            hold(account, product)
        known.append(user)
    return known


def hold(account: TradingAccount, product: Product) -> None:
    Position.objects.create(
        account=account, generation=account.generation, holder="bot-1", product=product, quantity=Decimal("0.1"),
        bought=Decimal("0.1"), bought_notional=Decimal(900), opened=timezone.now(),
    )  # fmt: skip


async def measure(clients: Clients, product: Product, users: list[User], seconds: int, process: int) -> None:
    tasks = await arrive(clients)
    await asyncio.sleep(6)
    clients.frames = clients.bytes = 0
    spent = cpu(process)
    await speak(clients, product, users, seconds)
    spent = cpu(process) - spent
    await asyncio.sleep(3)
    for what, expected in (("price", seconds * clients.open), ("hint", seconds * clients.open)):
        say(what, clients.took[what], expected)
    each = clients.bytes / max(clients.open, 1) / seconds
    memory = sum(memory_by_root([process]).values()) / 2**20
    print(f"{each:,.0f} bytes a second and client, CPU {spent / seconds:.0%} of a core, {memory:,.0f} MB; "
          f"broken {clients.broken}; load {os.getloadavg()[0]:.1f}")  # fmt: skip
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def arrive(clients: Clients) -> list[asyncio.Task[None]]:
    """Opens every socket, a hundred a second."""
    began, tasks = time.monotonic(), []
    for number, cookie in enumerate(clients.cookies):
        tasks.append(asyncio.create_task(clients.one(cookie)))
        if number % 20 == 19:
            await asyncio.sleep(0.2)
    while clients.open + clients.broken < len(tasks) and time.monotonic() - began < PATIENCE:
        await asyncio.sleep(0.1)
    print(
        f"\n{clients.open} of {len(tasks)} clients open after {time.monotonic() - began:.1f} s, "
        f"{clients.again} attempts failed"
    )
    return tasks


async def speak(clients: Clients, product: Product, users: list[User], seconds: int) -> None:
    for number in range(seconds):
        value = 9000 + number + 1
        clients.sent[f"{value:,.2f}"] = time.monotonic()
        send(
            market_group(product.venue),
            {"type": "live.price", "product_id": product.pk, "symbol": product.symbol, "price": float(value),
             "time": START + number, "position": number, "bar": None, "kind": 1},
        )  # fmt: skip
        await asyncio.sleep(0.5)
        key = f"benchmark-{number}"
        clients.sent[key] = time.monotonic()
        for user in users:
            send(user_group(user.pk), {"type": "live.changed", "keys": [key]})
        await asyncio.sleep(0.5)


def say(what: str, took: list[float], expected: int) -> None:
    if len(took) < 2:
        print(f"{what:8} nothing arrived")
        return
    points = quantiles([each * 1000 for each in took], n=100, method="inclusive")
    print(
        f"{what:8} p50 {points[49]:7.0f} ms   p99 {points[98]:7.0f} ms   worst {max(took) * 1000:7.0f} ms   "
        f"({len(took):,} of {expected:,} arrived)"
    )


def cpu(process: int) -> float:
    """CPU seconds that a process has used (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
