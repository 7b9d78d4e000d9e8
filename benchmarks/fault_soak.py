"""Live accounts on the sandbox exchange, faults on, everything killed with -9; then both books are compared.

    .venv/bin/python -m benchmarks.fault_soak [--orders N] [--minutes N] [--seed S] [--accounts N] [--pace N]
                                              [--kill-every SECONDS]

People place, edit and cancel orders of every kind, by services and through the API, until N orders (2,000) have reached
the exchange or N minutes (60) are over. Web, worker, stream, clock, the exchange and Redis are killed at moments drawn
from the seed, Redis is emptied, and the exchange answers late, wrongly, twice or not at all. Then everything is quiet,
and what was promised, orders, fills and balances of both sides are compared to the last digit. Prints what it came to;
the exit code is 1 when anything was lost, doubled or different. Uses the checkout's PostgreSQL, in a database of its
own, and a Valkey of its own. The same seed gives the same dice; what meets what is up to the machine.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradingsite.settings")
os.environ["LOG_LEVEL"] = "ERROR"  # of this process; the others have logs of their own
os.environ["DATABASE_POOL"] = "64"  # of this process: a connection for each person

import django

django.setup()

from tradingsite.launcher.layout import Layout
from tradingsite.launcher.services import Services
from tradingsite.testing.soak.comparison import Verdict
from tradingsite.testing.soak.soak import Course, Soak
from tradingsite.testing.soak.stage import soaking


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=2000, help="at the exchange, after which it settles")
    parser.add_argument("--minutes", type=float, default=60, help="of deeds at most; settling comes after")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--accounts", type=int, default=8)
    parser.add_argument("--pace", type=float, default=2, help="deeds a second and person, at most")
    parser.add_argument("--kill-every", type=float, default=30, help="seconds between two kills, on average; 0: none")
    parser.add_argument("--keep", action="store_true", help="leave logs and the exchange's file behind")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fault-soak-"))
    folder.chmod(0o755)  # the services' user passes through
    services = Services(Layout.of(os.environ), os.environ)
    course = Course(options.minutes * 60, options.orders, options.pace, options.kill_every)
    try:
        with services.held() as environ:
            os.environ["DATABASE_URL"] = environ["DATABASE_URL"]
            with soaking(folder, options.seed) as soak:
                soak.begin(options.accounts)
                began = time.monotonic()
                soak.play(course)
                played = time.monotonic() - began
                verdict = soak.settle()
                tell(soak, verdict, played, time.monotonic() - began - played)
    finally:
        if options.keep:
            print(f"left behind: {folder}")
        else:
            shutil.rmtree(folder)
    return 0 if verdict.clean else 1


def tell(soak: Soak, verdict: Verdict, played: float, settled: float) -> None:
    hands = soak.hands
    sums: list[tuple[str, Counter[str]]] = [
        ("deeds", sum((hand.deeds for hand in hands), Counter())),
        ("refused before", sum((hand.refused for hand in hands), Counter())),
        ("API beside 2xx", sum((hand.api.counts for hand in hands), Counter())),
        ("orders", verdict.states), ("of kinds", verdict.kinds), ("plans", verdict.plans),
        ("faults", soak.exchange.hits), ("killed", soak.strikes), ("died by itself", soak.processes.deaths),
    ]  # fmt: skip
    print(f"seed {soak.seed}, {len(hands)} accounts, {played:.0f} s of deeds, settled in {settled:.0f} s")
    for name, counts in sums:
        print(f"{name:<18} {counts.total()}: {words(counts)}" if counts else f"{name:<18} none")
    print(f"at the exchange    {verdict.placed}")
    print(f"fills              {verdict.fills}")
    print(f"decided by people  {soak.decided} orders as never placed; {soak.looked} keys checked again")
    print(f"ledgers sum to     {sum(map(abs, verdict.sums.values()), Decimal(0)).normalize():f}")
    for name in ("lost", "doubled", "different"):
        print(f"{name:<18} {len(getattr(verdict, name))}")
    print(*verdict.all[:60], sep="\n", end="\n" if verdict.all else "")


def words(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
