"""From a fill at the exchange to an open page: user update, database, hint over the WebSocket.

    .venv/bin/python -m benchmarks.user_update [--count 60]

The platform's processes run on the sandbox exchange, with a live account whose owner has a page open. Limit orders are
filled one by one when nothing else happens. Times: the trade's own, when its fill was in the database, when the page
was told that orders changed. A page gets at most four frames a second, so some of the last part is intended.
"""

import argparse
import json
import os
import sys
import threading
import time
from datetime import datetime
from decimal import Decimal

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from benchmarks import live

live.set_up()

from apps.markets.models import Product
from apps.orders.manual import order_place
from apps.orders.models import Fill, Order
from apps.orders.tickets import Ticket
from benchmarks.place import signed_in
from engine.kinds import OrderKind
from engine.orders.states import OrderState
from tradingsite.testing.soak.soak import Soak

LOT, BEGIN, STEP = Decimal("0.0005"), Decimal(60_000), Decimal(10)
QUIET = 1.5  # seconds after which the page has been told of all that was before


class Page(threading.Thread):
    """An open page: when it was told that orders changed, in wall seconds."""

    def __init__(self, soak: Soak) -> None:
        super().__init__(daemon=True)
        self.told: list[float] = []
        self.opened = threading.Event()
        self._host = f"127.0.0.1:{soak.processes.environ['PORT']}"
        self._cookie = f"sessionid={signed_in(soak.people[0].user)}"

    def run(self) -> None:
        headers = {"Cookie": self._cookie, "Origin": f"http://{self._host}"}
        try:
            with connect(f"ws://{self._host}/ws/live/", additional_headers=headers) as socket:
                self.opened.set()
                for text in socket:
                    now = time.time()
                    if any(each["t"] == "inv" and "orders" in each["k"] for each in json.loads(text)["m"]):
                        self.told.append(now)
        except ConnectionClosed:
            return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60)
    options = parser.parse_args()
    with live.platform() as soak:
        page = Page(soak)
        page.start()
        if not page.opened.wait(live.PATIENCE):
            raise SystemExit("the page must be opened, was not")
        report([one(soak, page, BEGIN - STEP * number, number) for number in range(options.count)])
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return 0


def one(soak: Soak, page: Page, price: Decimal, number: int) -> tuple[float, float, float]:
    """A fill: when it was traded, when it was posted, when the page was told."""
    person = soak.people[0]
    soak.exchange.price(price)
    product = Product.objects.get(symbol="BTC-USD", venue=person.account.venue)
    ticket = Ticket("buy", OrderKind.LIMIT, quantity=LOT, limit_price=price - STEP / 2)
    order = order_place(
        user=person.user, account=person.account, product=product, ticket=ticket, request=f"benchmark/{number}"
    )
    mine = Order.objects.filter(pk=order.pk)
    live.wait_for(lambda: mine.get().state == OrderState.OPEN, "the order at the exchange")
    time.sleep(QUIET)
    soak.exchange.price(price - STEP)
    live.wait_for(lambda: mine.get().state == OrderState.FILLED, "the fill")
    row = next(row for row in soak.exchange.fills(person.name) if row["order_id"] == mine.get().exchange_order_id)
    traded = datetime.fromisoformat(row["trade_time"]).timestamp()
    live.wait_for(lambda: any(told > traded for told in page.told), "the page to be told")
    posted = Fill.objects.filter(order=order).earliest("pk").created.timestamp()
    return traded, posted, min(told for told in page.told if told > posted - 0.001)


def report(courses: list[tuple[float, float, float]]) -> None:
    for name, first, last in (("trade -> database", 0, 1), ("database -> page", 1, 2), ("trade -> page", 0, 2)):
        print(f"{name:20} {live.percentiles([course[last] - course[first] for course in courses])}")


if __name__ == "__main__":
    sys.exit(main())
