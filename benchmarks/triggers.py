"""From the tick that fires a stop to its order at the exchange, on a live account: stops and trailing stops we watch.

    .venv/bin/python -m benchmarks.triggers [--count 150] [--burst 20]

The platform's processes run on the sandbox exchange, which tells of each trade at once. The price goes up through
stops that fire above the market one by one, then down through trailing stops, then through many stops with one trade.
The times are the exchange's own: of the trade, and of the order's arrival; in between: when a socket of ours heard the
trade, when the stream had made the order and when the worker claimed it. Aim: p99 < 100 ms from tick to exchange.
"""

import argparse
import json
import os
import random
import sys
import threading
import time
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from benchmarks import live

live.set_up()

from apps.ledger.holders import MANUAL
from apps.ledger.positions import open_position
from apps.markets.models import Feed, Product
from apps.orders.groups.creation import group_create
from apps.orders.manual import order_place
from apps.orders.models import Order, OrderGroup
from apps.orders.tickets import Ticket
from engine.kinds import PlanKind
from sandbox.testing import Sandbox
from tradingsite.testing.soak.soak import Soak

LOT = Decimal("0.0005")
BEGIN, STEP = Decimal(60_000), Decimal(5)
PAUSE = 0.15, 0.45  # seconds between two ticks: at any moment of whatever polls
STAGES = ("tick", "heard", "order made", "claimed", "at the exchange")


class Tape(threading.Thread):
    """Notes when each price was first traded, and when that was heard here, in wall seconds."""

    def __init__(self, exchange: Sandbox) -> None:
        super().__init__(daemon=True)
        self.seen: dict[Decimal, tuple[float, float]] = {}
        self._address = exchange.socket

    def run(self) -> None:
        with connect(self._address, max_size=2**24) as socket, suppress(ConnectionClosed):  # when the exchange ends
            for channel in ("heartbeats", "market_trades"):
                socket.send(json.dumps({"type": "subscribe", "channel": channel, "product_ids": ["BTC-USD"]}))
            for text in socket:
                now, row = time.time(), json.loads(text)
                if row["channel"] == "market_trades" and row["events"][0]["type"] == "update":
                    for trade in reversed(row["events"][0]["trades"]):
                        self.seen.setdefault(Decimal(trade["price"]), (moment(trade["time"]), now))


class Desk:
    """One person's account, a market that stands where it is put, and what was measured."""

    def __init__(self, soak: Soak) -> None:
        self.soak, self.person = soak, soak.people[0]
        self.product = Product.objects.get(symbol="BTC-USD", venue=self.person.account.venue)
        self.tape = Tape(soak.exchange)
        self.tape.start()
        self.price = BEGIN
        self.stand()

    def buy(self, lots: int) -> None:
        ticket = Ticket("buy", quantity=LOT * lots)
        order_place(
            user=self.person.user, account=self.person.account, product=self.product, ticket=ticket, request="buy"
        )
        live.wait_for(lambda: self._held() == LOT * lots, "the position")

    def stand(self) -> None:
        """Until the platform knows the price."""
        self.soak.exchange.price(self.price)
        feeds = Feed.objects.filter(product=self.product)
        live.wait_for(lambda: feeds.get().price == float(self.price), f"the price of {self.price}")

    def arm(self, kind: PlanKind, params: dict[str, object]) -> OrderGroup:
        """An advanced order to sell one lot."""
        terms = {"side": "sell", "quantity": str(LOT)} | params
        return group_create(
            user=self.person.user, account=self.person.account, product=self.product, kind=kind, params=terms,
            request=f"{kind.name}/{time.monotonic_ns()}",
        )  # fmt: skip

    def walk(self, groups: list[OrderGroup], step: Decimal, begin: Decimal = Decimal(0)) -> None:
        """One price after the other, each a step from the last."""
        time.sleep(2)  # the stream reads once a second what it is to watch
        dice = random.Random(1)
        self.price += begin
        self.tape.seen.clear()
        for _ in groups:
            self.price += step
            self.soak.exchange.price(self.price)
            time.sleep(dice.uniform(*PAUSE))

    def report(self, name: str, groups: list[OrderGroup], fired: dict[int, Decimal]) -> None:
        """``fired``: the price that fires each group, by id."""
        mine = Order.objects.filter(group__in=groups).select_related("group")
        sent = mine.exclude(exchange_order_id="")
        live.wait_for(lambda: sent.count() == len(groups), f"{len(groups)} orders of {name}")
        arrived = {row["order_id"]: moment(row["created_time"]) for row in self.soak.exchange.orders(self.person.name)}
        courses = []
        for order in mine:
            assert order.submitted is not None
            assert order.group_id is not None
            made = order.created.timestamp(), order.submitted.timestamp()
            courses.append([*self.tape.seen[fired[order.group_id]], *made, arrived[order.exchange_order_id]])
        print(f"{name}:")
        for before, after in [*pairwise(range(len(STAGES))), (1, 4), (0, 4)]:
            took = live.percentiles([course[after] - course[before] for course in courses])
            print(f"  {f'{STAGES[before]} -> {STAGES[after]}':32} {took}", flush=True)

    def _held(self) -> Decimal:
        position = open_position(self.person.account, MANUAL, self.product)
        return position.quantity if position else Decimal(0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=150, help="triggers of each kind, one after the other")
    parser.add_argument("--burst", type=int, default=20, help="triggers of one trade")
    options = parser.parse_args()
    with live.platform() as soak:
        desk = Desk(soak)
        desk.buy(options.count * 2 + options.burst)
        stops(desk, options.count)
        trailing(desk, options.count)
        burst(desk, options.burst)
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return 0


def stops(desk: Desk, count: int) -> None:
    prices = [desk.price + STEP * number for number in range(1, count + 1)]
    groups = [desk.arm(PlanKind.TRIGGER, {"stop_price": str(price), "when": "above"}) for price in prices]
    desk.walk(groups, STEP)
    desk.report(f"{count} stops", groups, {group.pk: price for group, price in zip(groups, prices, strict=True)})


def trailing(desk: Desk, count: int) -> None:
    prices = [desk.price - STEP * number - 1 for number in range(1, count + 1)]  # each between two steps
    groups = []
    for price in prices:
        terms = {"callback_amount": str(desk.price - price), "rest": False}
        groups.append(desk.arm(PlanKind.TRAILING, terms))
    desk.walk(groups, -STEP, begin=-STEP)
    fired = {group.pk: price - STEP + 1 for group, price in zip(groups, prices, strict=True)}
    desk.report(f"{count} trailing stops", groups, fired)


def burst(desk: Desk, count: int) -> None:
    desk.stand()
    price = desk.price + STEP
    groups = [desk.arm(PlanKind.TRIGGER, {"stop_price": str(price), "when": "above"}) for _ in range(count)]
    desk.walk(groups[:1], STEP)
    desk.report(f"{count} stops at one price", groups, {group.pk: price for group in groups})


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


if __name__ == "__main__":
    sys.exit(main())
