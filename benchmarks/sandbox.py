"""The sandbox exchange's throughput: orders and reads by REST, frames by WebSocket, and what its memory costs.

    .venv/bin/python benchmarks/sandbox.py [--seconds 5] [--clients 4]

The exchange runs as a process of its own on a wall clock, once without and once with --state; the clients, with keys
and signed tokens, run here: on two cores each slows the other.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import aiohttp
from coinbase.jwt_generator import build_rest_jwt, build_ws_jwt

from sandbox.testing import Sandbox

API = "/api/v3/brokerage"
Key = dict[str, str]
Call = Callable[[aiohttp.ClientSession, str], Awaitable[None]]


@contextmanager
def exchange(*options: str) -> Iterator[Sandbox]:
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sandbox", "--port", "0", "--folder", folder, "--deposit", "USD=1000000000"]
        state = ["--state", str(Path(folder) / "state.db")] if "state" in options else []
        process = subprocess.Popen([*command, *state], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        try:
            yield Sandbox(process.stdout.readline().split("//")[1].split("/")[0])
        finally:
            process.terminate()
            process.wait(10)


def order(side: str, price: str) -> dict[str, object]:
    terms = {"limit_limit_gtc": {"base_size": "0.0001", "limit_price": price}}
    return {"client_order_id": str(uuid4()), "product_id": "BTC-USD", "side": side, "order_configuration": terms}


def calls(key: Key) -> dict[str, Call]:
    """One of each kind, with a fresh token as the exchange wants it."""

    def headers(method: str, path: str) -> dict[str, str]:
        token = build_rest_jwt(f"{method} localhost{path}", key["name"], key["privateKey"])
        return {"Authorization": f"Bearer {token}"}

    async def ask(
        session: aiohttp.ClientSession, method: str, url: str, path: str, **more: object
    ) -> dict[str, object]:
        async with session.request(method, url + path, headers=headers(method, path), **more) as answer:  # type: ignore[arg-type]
            assert answer.status == 200, await answer.text()
            return dict(await answer.json())

    async def public(session: aiohttp.ClientSession, root: str) -> None:
        async with session.get(f"{root}{API}/market/product_book?product_id=BTC-USD&limit=25") as answer:
            await answer.read()

    async def read(session: aiohttp.ClientSession, root: str) -> None:
        await ask(session, "GET", root, f"{API}/accounts")

    async def rest(session: aiohttp.ClientSession, root: str) -> None:
        made = await ask(session, "POST", root, f"{API}/orders", json=order("BUY", "50000"))
        order_id = made["success_response"]["order_id"]  # type: ignore[index]
        await ask(session, "POST", root, f"{API}/orders/batch_cancel", json={"order_ids": [order_id]})

    async def fill(session: aiohttp.ClientSession, root: str) -> None:
        assert (await ask(session, "POST", root, f"{API}/orders", json=order("BUY", "200000")))["success"]

    return {"book, no key": public, "accounts": read, "order rested + cancelled": rest, "order filled": fill}


async def run(root: str, call: Call, seconds: float, clients: int) -> list[float]:
    """Seconds that each call took."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def client(session: aiohttp.ClientSession) -> None:
        while (began := time.perf_counter()) < end:
            await call(session, root)
            took.append(time.perf_counter() - began)

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(client(session) for _ in range(clients)))
    return took


async def listen(made: Sandbox, seconds: float, connections: int) -> tuple[int, int]:
    """Frames and bytes that so many connections were sent, each on all channels of three products."""
    key, frames, size = made.key(), 0, 0
    products = ["BTC-USD", "ETH-USD", "SOL-USD"]

    async def one(session: aiohttp.ClientSession) -> None:
        nonlocal frames, size
        async with session.ws_connect(made.socket, max_msg_size=10 << 20) as socket:
            for channel in ("level2", "market_trades", "ticker", "candles", "heartbeats", "user"):
                row = {"type": "subscribe", "channel": channel, "product_ids": products}
                await socket.send_json(row | {"jwt": build_ws_jwt(key["name"], key["privateKey"])})
            end = time.perf_counter() + seconds
            while (left := end - time.perf_counter()) > 0:
                try:
                    message = await socket.receive(timeout=left)
                except TimeoutError:
                    return
                frames, size = frames + 1, size + len(message.data or "")

    async with aiohttp.ClientSession() as session:
        tasks = [asyncio.create_task(one(session)) for _ in range(connections)]
        fill = calls(key)["order filled"]
        while not all(task.done() for task in tasks):
            await fill(session, made.root)
    return frames, size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--clients", type=int, default=4)
    words = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {words.clients} clients, {words.seconds:g} s each")
    for kind in ("memory", "state"):
        with exchange(kind) as made:
            for name, call in calls(made.key()).items():
                took = sorted(asyncio.run(run(made.root, call, words.seconds, words.clients)))
                tail = took[int(len(took) * 0.99)]
                print(
                    f"{kind:<7} {name:<26} {len(took) / words.seconds:7.0f} a second, "
                    f"p50 {statistics.median(took) * 1e3:5.1f} ms, p99 {tail * 1e3:6.1f} ms"
                )
            frames, size = asyncio.run(listen(made, words.seconds, words.clients))
            rate = frames / words.seconds
            print(
                f"{kind:<7} {'frames while orders fill':<26} {rate:7.0f} a second, {size / words.seconds / 1e6:.1f} MB"
            )


if __name__ == "__main__":
    main()
