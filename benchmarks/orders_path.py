"""Orders a second through the whole path: asked for, kept, sent, filled, booked, a position; on paper and live.

    .venv/bin/python -m benchmarks.orders_path [--orders 200] [--people 4] [--senders 4]

The platform's processes run on the sandbox exchange. So many market orders are asked for at once, by HTTP with access
tokens as a script does, and by the service that pages call, in this process; the clock stops when the last fill is
posted. Each person has a paper and a live account. Paper orders fill with the market's next second.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import count, cycle, islice

import aiohttp

from benchmarks import live

live.set_up()

from django.db import connections

from apps.accounts.models import TradingAccount, User
from apps.accounts.tokens import token_create
from apps.ledger.models import Position
from apps.markets.models import Product
from apps.orders.manual import order_place
from apps.orders.models import Fill, Order
from apps.orders.tickets import Ticket
from apps.portfolio.services import paper_account_open
from apps.risk.models import RiskPolicy
from engine.orders.states import WORKING, OrderState
from tradingsite.testing.people import NO_LIMITS

LOT = Decimal("0.0005")
PATIENCE = 300.0  # seconds until all are filled
_numbers = count(1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=200, help="of each kind; the API takes 600 a minute of a user")
    parser.add_argument("--people", type=int, default=4)
    parser.add_argument("--senders", type=int, default=4)
    options = parser.parse_args()
    with live.platform(options.people) as soak:
        users = [person.user for person in soak.people]
        tokens = {user.pk: token_create(user=user, name="benchmark", scope="trade")[1] for user in users}
        desks = {"paper": [paper(user) for user in users], "live": [person.account for person in soak.people]}
        api = f"http://127.0.0.1:{soak.processes.environ['PORT']}/api/v1/orders/"
        for kind, accounts in desks.items():
            wanted = list(islice(cycle(accounts), options.orders))
            measure(f"{kind}, API", wanted, lambda rows: asyncio.run(by_api(api, tokens, rows, options.senders)))
            measure(f"{kind}, services", wanted, lambda rows: by_services(rows, options.senders))
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return 0


def paper(user: User) -> TradingAccount:
    account = paper_account_open(user=user, name="Paper", venue=product().venue, deposit=Decimal(1_000_000))
    RiskPolicy.objects.filter(account=account).update(**NO_LIMITS)
    return account


def product() -> Product:
    return Product.objects.get(symbol="BTC-USD", venue="sandbox")


async def by_api(address: str, tokens: dict[int, str], accounts: list[TradingAccount], senders: int) -> None:
    left = iter(accounts)

    async def sender(session: aiohttp.ClientSession) -> None:
        for account in left:
            headers = {
                "Authorization": f"Bearer {tokens[account.owner_id]}",
                "Idempotency-Key": f"key-{next(_numbers)}",
            }
            body = {"account": account.pk, "product": "BTC-USD", "side": "buy", "kind": "market", "quantity": str(LOT)}
            async with session.post(address, json=body, headers=headers) as answer:
                if answer.status != 201:
                    raise SystemExit(f"an order must be taken, was answered {answer.status}: {await answer.text()}")

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(sender(session) for _ in range(senders)))


def by_services(accounts: list[TradingAccount], senders: int) -> None:
    market = product()

    def place(account: TradingAccount) -> None:
        order_place(
            user=account.owner, account=account, product=market, ticket=Ticket("buy", quantity=LOT),
            request=f"benchmark/{next(_numbers)}",
        )  # fmt: skip

    with ThreadPoolExecutor(senders) as pool:
        list(pool.map(place, accounts))
        list(pool.map(lambda _: connections.close_all(), range(senders)))


def measure(name: str, accounts: list[TradingAccount], ask: Callable[[list[TradingAccount]], None]) -> None:
    first = Order.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    made = Order.objects.filter(pk__gt=first, account__in={account.pk for account in accounts})
    began = time.monotonic()
    ask(accounts)
    asked = time.monotonic() - began
    live.wait_for(
        lambda: made.count() == len(accounts) and not made.filter(state__in=WORKING).exists(), "the fills", PATIENCE
    )
    took = time.monotonic() - began
    filled = made.filter(state=OrderState.FILLED)
    if filled.count() < len(accounts):
        raise SystemExit(f"{len(accounts)} orders must be filled, were {filled.count()}: {made.first()}")
    held = sum(Position.objects.filter(account__in=accounts, closed=None).values_list("quantity", flat=True))
    bought = sum(Fill.objects.filter(account__in=accounts).values_list("quantity", flat=True))
    way = [(end - start).total_seconds() for start, end in filled.values_list("created", "finished") if end]
    print(
        f"{name:16} {len(accounts) / took:6.1f} a second ({len(accounts) / asked:.1f} taken); kept -> booked "
        f"{live.percentiles(way)}; positions {'agree' if held == bought else f'{held} for fills of {bought}'}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
