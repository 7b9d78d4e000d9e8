"""Live accounts on the sandbox exchange, faults on, everything killed with -9; then both books are compared.

    .venv/bin/python -m benchmarks.fault_soak [--minutes N] [--seed S] [--accounts N] [--pace N] [--kill-every SECONDS]

People place, edit and cancel orders of every kind for N minutes (5). Web, worker, stream, clock, the exchange and
Redis are killed at moments drawn from the seed, Redis is emptied, and the exchange answers late, wrongly, twice or not
at all. Then everything is quiet, and orders, fills and balances of both sides are compared to the last digit. Prints
what it came to; the exit code is 1 when anything was lost, doubled or different. Uses the checkout's PostgreSQL, in a
database of its own, and a Valkey of its own.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradingsite.settings")
os.environ["LOG_LEVEL"] = "ERROR"  # of this process; the others have logs of their own

import django

django.setup()

from tradingsite.launcher.layout import Layout
from tradingsite.launcher.services import Services
from tradingsite.testing.soak.comparison import Verdict
from tradingsite.testing.soak.soak import Soak, soaking
from tradingsite.testing.soak.trader import Hand


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5, help="of deeds; settling comes after")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--accounts", type=int, default=8)
    parser.add_argument("--pace", type=float, default=6, help="deeds a second, at most")
    parser.add_argument("--kill-every", type=float, default=8, help="seconds between two kills, on average; 0: none")
    parser.add_argument("--keep", action="store_true", help="leave logs and the exchange's file behind")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fault-soak-"))
    folder.chmod(0o755)  # the services' user passes through
    services = Services(Layout.of(os.environ), os.environ)
    try:
        with services.held() as environ:
            os.environ["DATABASE_URL"] = environ["DATABASE_URL"]
            with soaking(folder, options.seed) as soak:
                soak.begin(options.accounts)
                began = time.monotonic()
                hand = soak.play(options.minutes * 60, pace=options.pace, kill_every=options.kill_every)
                played = time.monotonic() - began
                verdict = soak.settle()
                tell(soak, hand, verdict, played, time.monotonic() - began - played)
    finally:
        if options.keep:
            print(f"left behind: {folder}")
        else:
            shutil.rmtree(folder)
    return 0 if verdict.clean else 1


def tell(soak: Soak, hand: Hand, verdict: Verdict, played: float, settled: float) -> None:
    print(f"seed {soak.seed}, {len(soak.people)} accounts, {played:.0f} s of deeds, settled in {settled:.0f} s")
    print(f"deeds               {sum(hand.deeds.values())}: {words(hand.deeds)}")
    print(f"refused before      {sum(hand.refused.values())}: {words(hand.refused)}")
    print(f"orders              {verdict.orders}: {words(verdict.states)}")
    print(f"fills               {verdict.fills}")
    print(f"faults              {sum(soak.hits.values())}: {words(soak.hits)}")
    print(f"killed              {sum(soak.strikes.values())}: {words(soak.strikes)}")
    print(f"died by themselves  {words(soak.processes.deaths) or 'none'}")
    print(f"decided by a person {soak.decided} orders as never placed")
    print(f"lost                {len(verdict.lost)}")
    print(f"doubled             {len(verdict.doubled)}")
    print(f"different           {len(verdict.different)}")
    print(*verdict.all[:60], sep="\n", end="\n" if verdict.all else "")


def words(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
