"""A live market under load: what so many trades a second cost the stream, and how far behind it reads.

    .venv/bin/python -m benchmarks.ticks [--rate 1000] [--seconds 30]

A stand-in for the exchange runs in a process of its own and sends each trade as a message; the stream runs here, on a
database of its own on the running services. Lag is from the stand-in's sending to the reading in the stream's loop.
It takes some 15 s more than it is told, for the database, and ends whatever happens.
"""

import argparse
import multiprocessing
import os
import time
from multiprocessing.connection import Connection

from benchmarks.place import claim, own_database

claim("benchmark_ticks")

import numpy as np

from apps.markets.live import LiveStream
from apps.markets.models import Candle, SeriesDay
from apps.markets.sources.coinbase import CoinbaseSource
from apps.markets.sources.coinbase.settings import Options
from apps.operations.ownership import Owner
from exchanges.coinbase.addresses import Addresses
from exchanges.coinbase.budget import LocalBudget
from exchanges.coinbase.rest import MarketClient
from tradingsite.testing.coinbase import fake_coinbase

PRODUCTS = ("BTC-USD", "ETH-USD", "SOL-USD")
BURST = 0.005  # seconds between two bursts of the stand-in
WARM = 5.0  # seconds that do not count
PATIENCE = 60.0  # seconds for the stand-in to be there, for its market to be heard, and for its last word


def exchange(rate: float, seconds: float, parent: Connection) -> None:
    """The stand-in: tells its addresses, trades evenly over its products, tells how many trades it made."""
    with fake_coinbase(*PRODUCTS, beat=1.0) as fake:
        for symbol in PRODUCTS:
            fake.trade(symbol, "100")
        parent.send(fake.addresses)
        if not parent.poll(PATIENCE):
            return
        parent.recv()
        made, started = 0, time.monotonic()
        while (passed := time.monotonic() - started) < seconds:
            while made < passed * rate:
                fake.trade(PRODUCTS[made % 3], f"{100 + made % 50 / 100:.2f}", "0.01")
                made += 1
            time.sleep(BURST)
        parent.send(made)
        parent.poll(PATIENCE)  # until the stream has ended


class Watch:
    """Looks at the source once a loop of the stream, and ends it when the stand-in is done."""

    def __init__(self, source: CoinbaseSource, child: Connection, seconds: float) -> None:
        self.source, self.child, self.seconds = source, child, seconds
        self.deadline = time.monotonic() + PATIENCE
        self.lags: list[float] = []
        self.started = self.cpu = self.counted = 0.0
        self.made = 0

    def __call__(self) -> bool:
        now = time.monotonic()
        condition = self.source.condition() if now - self.counted > 0.01 else None
        if condition is None:
            return False
        self.counted = now
        if now > self.deadline:
            raise SystemExit(f"gives up: {'the stand-in does not end' if self.started else 'nothing is heard of it'}")
        if not self.started and len(condition.whole) == len(PRODUCTS):
            self.child.send("begin")
            self.started, self.cpu = now, 0.0
            self.deadline = now + self.seconds + PATIENCE
        if self.started and not self.cpu and now - self.started > WARM:
            self.cpu, self.since = time.process_time(), now
        if self.cpu and condition.lag is not None:
            self.lags.append(condition.lag)
        if self.child.poll():
            self.made = self.child.recv()
            self.share = (time.process_time() - self.cpu) / (now - self.since)
            return True
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    if options.seconds <= WARM:
        parser.error(f"--seconds must be above {WARM:g}, was {options.seconds:g}")
    with own_database():
        measure(options.rate, options.seconds)


def measure(rate: float, seconds: float) -> None:
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=exchange, args=(rate, seconds, there), daemon=True)
    process.start()
    if not here.poll(PATIENCE):
        raise SystemExit(f"the stand-in must tell its addresses within {PATIENCE:g} s")
    addresses: Addresses = here.recv()
    source = CoinbaseSource(
        Options(addresses, products=PRODUCTS, minutes=60), MarketClient(addresses, LocalBudget(1000, 1000))
    )
    watch = Watch(source, here, seconds)
    owner = Owner("stream:coinbase")
    owner.acquire()
    LiveStream(source, owner=owner, stopping=watch).run()
    owner.release()
    here.send("end")
    process.join(10)
    report(rate, watch)


def seen(source: CoinbaseSource) -> int:
    """Trades that were counted in minutes stored, and in those in progress."""
    stored = sum(SeriesDay.objects.values_list("trades", flat=True))
    return stored + sum(source.counts(symbol).trades for symbol in PRODUCTS)


def report(rate: float, watch: Watch) -> None:
    lags = np.array(watch.lags) * 1000
    counts = watch.source.link.socket.counts
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{rate:g} trades a second over {len(PRODUCTS)} products, {watch.made} in all, each a message")
    print(f"processor: {watch.share:.0%} of one core for the stream's process")
    print(f"lag: p50 {np.percentile(lags, 50):.1f} ms, p99 {np.percentile(lags, 99):.1f} ms, worst {lags.max():.1f} ms")
    print(f"trades seen {seen(watch.source)}, minutes stored {Candle.objects.count()}")
    print(f"connections {counts.connections}, gaps {counts.gaps}")


if __name__ == "__main__":
    main()
