"""Server time of every page and every reading address of the API, for a trader with a long past.

    .venv/bin/python -m benchmarks.pages [--trades 10000] [--evaluations 100000] [--bots 50] [--times 40]

Each address is asked for in turn through the whole of Django, middleware and templates included, without a network
between. Prints median, 95th percentile, queries and bytes (as they are, and as gzip sends them). Aim: p95 <= 100 ms; of
a file that is sent while it is made, to its first byte.
"""

import argparse
import gzip
import logging
import os
import time
from collections.abc import Iterator
from statistics import quantiles

from benchmarks import place

place.claim("benchmark_pages")

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from benchmarks.history import History

AIM = 100.0  # ms
PAGES = ("dashboard", "bots", "portfolio", "orders", "risk", "backtests", "markets", "operations", "accounts", "api")
LEFT_OUT = {"dashboard:landing", "operations:live", "operations:ready", "operations:health", "operations:metrics"}
JSON = ("/api/", ".json", ".csv")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trades", type=int, default=10_000)
    parser.add_argument("--evaluations", type=int, default=100_000)
    parser.add_argument("--bots", type=int, default=50)
    parser.add_argument("--times", type=int, default=40)
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # addresses that want a POST, or an operator
    place.collect()
    with place.own_database():
        history = History(bots=options.bots, trades=options.trades, evaluations=options.evaluations)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        client = Client(headers={"host": "localhost"})
        client.force_login(history.owner)
        print(f"{options.trades:,} trades, {options.evaluations:,} evaluations, {options.bots} bots")
        print(f"{'':44}{'p50':>8}{'p95':>8}  ms{'queries':>9}{'bytes':>10}{'gzip':>9}")
        found = list(addresses(history.bots[0].pk))
        slow = [address for address in found if not measure(client, address, options.times)]
        print(f"{len(found) - len(slow)} of {len(found)} within {AIM:.0f} ms; load {os.getloadavg()[0]:.1f}")


def addresses(bot: int) -> Iterator[str]:
    """Every address of ours that shows something: those without arguments, and those of one bot."""
    for name, takes in sorted(named(get_resolver())):
        if name.split(":")[0] in PAGES and name not in LEFT_OUT:
            if not takes:
                yield reverse(name)
            elif takes == {"pk"} and name.startswith("bots:"):
                yield reverse(name, args=[bot])


def named(resolver: URLResolver, namespace: str = "", takes: frozenset[str] = frozenset()) -> Iterator[tuple[str, set]]:
    for entry in resolver.url_patterns:
        wants = takes | set(entry.pattern.regex.groupindex)
        if isinstance(entry, URLResolver):
            yield from named(entry, f"{entry.namespace}:" if entry.namespace else namespace, wants)
        elif isinstance(entry, URLPattern) and entry.name:
            yield f"{namespace}{entry.name}", set(wants)


def measure(client: Client, address: str, times: int) -> bool:
    """Prints a line; whether the address kept to the aim. What does not answer 200 to a reader is left out."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    asked = len(queries)
    if answer.status_code != 200:
        return True
    body = answer.getvalue()
    took = [_timed(client, address) for _ in range(times)]
    points = quantiles(took, n=20, method="inclusive")
    late = points[18]
    print(
        f"{address:44}{points[9]:8.1f}{late:8.1f}{'' if late <= AIM else ' !':4}{asked:9}{len(body):10,}"
        f"{len(gzip.compress(body)):9,}{'  to the first byte' if answer.streaming else ''}"
    )
    return late <= AIM


def _timed(client: Client, address: str) -> float:
    """Milliseconds until the answer is there; of one that is sent while it is made, until its first part is."""
    started = time.perf_counter()
    answer = client.get(address)
    if answer.streaming:
        next(iter(answer))
    passed = (time.perf_counter() - started) * 1000
    answer.getvalue()
    return passed


if __name__ == "__main__":
    main()
