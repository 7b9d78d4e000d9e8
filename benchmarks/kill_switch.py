"""How long a kill switch takes on a live account with many open orders: noticed, all cancelled, its owner told.

    .venv/bin/python -m benchmarks.kill_switch [--orders 500] [--runs 1] [--lost]

The platform's processes run on the sandbox exchange. Orders are placed far from the market until as many rest there,
then the account is halted with its orders. Noticed: the first cancel is asked for. Cancelled: the exchange shows none.
Told: the message is on its way to the owner's open pages. ``--lost`` empties Redis right after the halt, so that no
message tells anybody of it. Aims: 3 s, 10 s, 5 s.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import threading
import time
from decimal import Decimal
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradingsite.settings")
os.environ["LOG_LEVEL"] = "ERROR"

import django

django.setup()

import redis
from channels.layers import get_channel_layer
from django.core.exceptions import ValidationError

from apps.markets.models import Feed
from apps.operations.hints import user_group
from apps.orders.manual import order_place
from apps.orders.models import Order, OrderEvent
from apps.orders.tickets import Ticket
from apps.risk.services import halt, release
from engine.kinds import HaltLevel, OrderKind
from engine.orders.states import WORKING, OrderState
from tradingsite.launcher.layout import Layout
from tradingsite.launcher.services import Services
from tradingsite.testing.soak.people import Person
from tradingsite.testing.soak.soak import Soak
from tradingsite.testing.soak.stage import soaking

AT_WORK = ("OPEN", "PENDING", "QUEUED", "CANCEL_QUEUED")
FAR = Decimal("0.7")  # of the price
PATIENCE = 900.0  # seconds until all orders rest: the exchange allows 2.6 requests a second for long


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--lost", action="store_true", help="empty Redis right after the halt")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kill-switch-"))
    folder.chmod(0o755)  # the services' user passes through
    services = Services(Layout.of(os.environ), os.environ)
    try:
        with services.held() as environ:
            os.environ["DATABASE_URL"] = environ["DATABASE_URL"]
            with soaking(folder, 1) as soak:
                soak.begin(1)
                for _ in range(options.runs):
                    run(soak, soak.people[0], options.orders, lost=options.lost)
    finally:
        shutil.rmtree(folder)
    return 0


def run(soak: Soak, person: Person, count: int, *, lost: bool) -> None:
    place_many(person, count)
    told = Told(person.user.pk)
    told.listening.wait()
    events = OrderEvent.objects.filter(order__account=person.account)
    last = events.latest("pk").pk
    began = time.monotonic()
    pulled = halt(scope="account", account=person.account, level=HaltLevel.ORDERS, reason="a measurement", by=None)
    if lost:
        redis.Redis.from_url(soak.redis_url).flushall()
    while not events.filter(pk__gt=last, kind="cancel requested").exists():
        time.sleep(0.01)
    noticed = time.monotonic() - began
    while any(
        row["status"] in ("OPEN", "PENDING", "QUEUED", "CANCEL_QUEUED") for row in soak.exchange.orders(person.name)
    ):
        time.sleep(0.05)
    cancelled = time.monotonic() - began
    while Order.objects.filter(account=person.account, state__in=WORKING).exists():
        time.sleep(0.05)
    known = time.monotonic() - began
    alert = f"{told.at - began:.2f} s" if told.heard.wait(10) else "never: Redis was emptied"
    print(
        f"{count} orders open: noticed after {noticed:.2f} s, none open at the exchange after {cancelled:.2f} s, "
        f"all over here after {known:.2f} s, owner told after {alert}",
        flush=True,
    )
    release(halt=pulled, by=None, reason="measured")


def place_many(person: Person, count: int) -> None:
    """Returns when so many orders rest at the exchange."""
    feed = Feed.objects.select_related("product").get(product__symbol="BTC-USD")
    deadline = time.monotonic() + PATIENCE
    while (resting := Order.objects.filter(account=person.account, state=OrderState.OPEN).count()) < count:
        assert time.monotonic() < deadline, f"{count} orders must rest, did {resting}"
        working = Order.objects.filter(account=person.account, state__in=WORKING).count()
        for number in range(min(count - working, 20)):
            price = (Decimal(repr(feed.price)) * FAR + number).quantize(Decimal("0.01"))
            ticket = Ticket("buy", OrderKind.LIMIT, quantity=Decimal("0.0001"), limit_price=price)
            try:
                order_place(
                    user=person.user, account=person.account, product=feed.product, ticket=ticket,
                    request=f"kill-switch/{time.monotonic_ns()}",
                )  # fmt: skip
            except ValidationError as error:
                print(error.message_dict)
        time.sleep(1)


class Told:
    """Listens as an open page of a user does, in a thread; ``at``: when the first message came."""

    def __init__(self, user_id: int) -> None:
        self.listening, self.heard, self.at = threading.Event(), threading.Event(), 0.0
        threading.Thread(target=lambda: asyncio.run(self._listen(user_id)), daemon=True).start()

    async def _listen(self, user_id: int) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(user_group(user_id), channel)
        self.listening.set()
        while True:
            message = await layer.receive(channel)
            if message["type"] == "live.toast" and "halted" in message["text"]:
                self.at = time.monotonic()
                self.heard.set()
                return


if __name__ == "__main__":
    sys.exit(main())
