"""From a closed bar to committed decisions, and from an order to its recorded fill, through a real worker process.

    .venv/bin/python -m benchmarks.decisions [--bars 60] [--bots 1,100,500]

This process is the stream: it commits the events of the shipped recording and waits until each has settled. A worker
process of its own (dramatiq, 1 process, 4 threads, as in the Procfile) gets the nudges through Redis, decides, sends
and posts. Both use a database and a Redis database of their own on the running services, with the disk's
synchronous commits. Five bots share an account; they trade ema_rsi_volume with 41 different lengths of its average.

Bar to decision: from the moment at which the stream begins to commit the bar to the moment at which the bot's batch is
done, counted once a bot and bar. Order to fill: from the order's row to the fill's, for bots that trade often; the next
open, at which it fills, is committed as soon as the bar has settled. Aim: p95 of 100 bots at most 300 ms.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

import numpy as np

from benchmarks import place
from tradingsite.launcher.layout import ROOT

place.claim("benchmark_decisions")

from django.utils import timezone

from apps.accounts.models import User
from apps.bots.models import Bot, EvaluationBatch
from apps.bots.services import bot_create, bot_start, bot_stop
from apps.markets import registry
from apps.markets.files import read_candles
from apps.markets.models import Product
from apps.markets.services import event_commit, product_upsert, session_open
from apps.markets.sources import MINUTE, Bar, SourceEvent
from apps.orders.models import Fill, OrderEvent
from apps.portfolio.services import paper_account_open
from engine.kinds import EventKind

RECORDING = ROOT / "apps/markets/recordings/coinbase_BTC-USD_1m_2020-02.parquet"
HISTORY = 1440  # minutes that lie before the first event
BOTS_AN_ACCOUNT = 5
WARM_UP = 5  # bars that are not counted
PATIENCE = 120.0  # seconds; a worker that has to compile the core first takes its time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bars", type=int, default=60, help="bars measured for each number of bots")
    parser.add_argument("--bots", default="1,100,500", help="numbers of bots, with commas")
    options = parser.parse_args()
    with place.own_database(), worker():
        print(f"{os.cpu_count()} CPUs")
        market = Market()
        for count in map(int, options.bots.split(",")):
            measure_decisions(market, count, options.bars)
        measure_fills(market, options.bars)


@contextmanager
def worker() -> Iterator[None]:
    command = [sys.executable, "-m", "dramatiq", "tradingsite.worker", "--processes", "1", "--threads", "4"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"dramatiq_worker_timeout": "50", "LOG_LEVEL": "WARNING"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait()


class Market:
    """The recording, played minute by minute as fast as the worker settles it."""

    def __init__(self) -> None:
        candles = read_candles(str(RECORDING))
        self.product = product_upsert(
            venue="replay", symbol="BTC-USD", base_increment=Decimal("0.00000001"), quote_increment=Decimal("0.01"),
            base_min_size=Decimal("0.00000001"), quote_min_size=Decimal(1),
        )  # fmt: skip
        self.session = session_open(
            venue="replay", title="benchmark", history={self.product: candles[:HISTORY]},
            starts=int(candles["time"][HISTORY]), ends=int(candles["time"][-1]) + MINUTE,
        )  # fmt: skip
        self._minutes = iter(candles[HISTORY:])

    def play(self) -> tuple[datetime, int]:
        """Plays the next minute; when the commit of its BAR began, and its position."""
        minute = next(self._minutes)
        price = float(minute["open"])
        self._commit(EventKind.OPEN, minute, Bar(price, price, price, price, 0.0))
        began = timezone.now()
        bar = Bar(*(float(minute[name]) for name in ("open", "high", "low", "close", "volume")))
        return began, self._commit(EventKind.BAR, minute, bar)

    def _commit(self, kind: EventKind, minute: np.void, bar: Bar) -> int:
        event = SourceEvent("BTC-USD", kind, int(minute["time"]), bar)
        position = event.position(self.session)
        event_commit(session=self.session, product=self.product, event=event)
        deadline = time.monotonic() + PATIENCE
        while not all(settled(self.product, position) for settled in registry.is_settled):
            if time.monotonic() > deadline:
                raise SystemExit(f"{kind.name} at {minute['time']} did not settle in {PATIENCE:.0f} s")
            time.sleep(0.005)
        return position


def make_bots(product: Product, count: int, strategy: str, **controls: float) -> None:
    """So many running bots in place of those that run."""
    for bot in Bot.objects.filter(state=Bot.State.RUNNING):
        bot_stop(bot=bot, user=None, close=False)
    user, _ = User.objects.get_or_create(email="benchmark@example.org")
    for number in range(count):
        if number % BOTS_AN_ACCOUNT == 0:
            name = f"{count} bots of {strategy} {number}"
            account = paper_account_open(user=user, name=name, venue=product.venue, deposit=Decimal(100_000))
        params = {"ema": 30 + number % 41} if strategy == "ema_rsi_volume" else {"fast": 2, "slow": 3}
        bot = bot_create(
            user=user, account=account, product=product, name=f"{number}", strategy=strategy, timeframe=60,
            params=params, controls={"size": 0.01, **controls},
        )  # fmt: skip
        bot_start(bot=bot, user=user)


def measure_decisions(market: Market, count: int, bars: int) -> None:
    make_bots(market.product, count, "ema_rsi_volume")
    took = []
    for number in range(WARM_UP + bars):
        began, position = market.play()
        if number >= WARM_UP:
            for batch in EvaluationBatch.objects.filter(position=position):
                assert batch.finished is not None
                took += [(batch.finished - began).total_seconds() * 1000] * len(batch.bot_ids)
    say(f"bar to decision, {count} bot{'s' if count > 1 else ''}", took)


def measure_fills(market: Market, bars: int) -> None:
    make_bots(market.product, 10, "ma_cross", min_confidence=0)
    for _ in range(WARM_UP + bars):
        market.play()
    accepted = OrderEvent.objects.filter(kind="accepted", order__holder__in=holders()).select_related("order")
    say("order to accepted", [seconds(event.order.created, event.at) for event in accepted])
    fills = Fill.objects.filter(order__holder__in=holders()).select_related("order")
    say("order to fill recorded", [seconds(fill.order.created, fill.created) for fill in fills])


def holders() -> list[str]:
    return [bot.holder for bot in Bot.objects.filter(state=Bot.State.RUNNING)]


def seconds(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() * 1000


def say(what: str, took: list[float]) -> None:
    if not took:
        print(f"{what:28} nothing happened")
        return
    middle, late = np.percentile(took, [50, 95])
    print(
        f"{what:28} p50 {middle:8.1f} ms   p95 {late:8.1f} ms   worst {max(took):8.1f} ms"
        f"   ({len(took):,} measured, load {os.getloadavg()[0]:.1f})"
    )


if __name__ == "__main__":
    main()
