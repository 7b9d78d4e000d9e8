"""The platform's processes killed over and over while they play a market, compared with a run that nothing disturbed.

    .venv/bin/python -m benchmarks.kill_soak [--minutes N] [--seed S]

Plays one recorded market in rounds for about N minutes (5). In each, web, worker, stream and clock are killed and Redis
is emptied and killed at moments drawn from the seed. After each round every order, fill, balance, hold, position,
ledger line and evaluation is compared. Prints what it came to; the exit code is 1 when anything was lost, doubled or
different. Uses the checkout's PostgreSQL, in databases of its own, and a Valkey of its own.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradingsite.settings")

import django

django.setup()

from tradingsite.launcher.layout import Layout
from tradingsite.launcher.services import Services
from tradingsite.testing.ordeals.installation import Installation, installed
from tradingsite.testing.ordeals.ordeal import blows
from tradingsite.testing.ordeals.outcome import Outcome

ROUND = 60  # minutes of the market
STRIKES = {"worker": 4, "stream": 4, "clock": 1, "web": 1, "redis emptied": 3, "redis": 1}  # a round


@dataclass
class Tally:
    """What all rounds so far came to."""

    minutes: int = 0
    strikes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    played: Outcome | None = None
    undisturbed: Outcome | None = None

    def compare(self, undisturbed: Outcome, played: Outcome, wrong: list[str]) -> None:
        self.undisturbed, self.played, self.wrong = undisturbed, played, wrong

    def print(self, deaths: Counter[str]) -> bool:
        """Prints the figures; whether all is well."""
        assert self.played is not None
        assert self.undisturbed is not None
        lost, doubled = self.undisturbed.missing(self.played), self.played.missing(self.undisturbed)
        differences = self.undisturbed.differences(self.played)
        print(f"market minutes      {self.minutes}")
        print(f"came to             {self.played}")
        print(f"killed              {', '.join(f'{name} {count}' for name, count in sorted(self.strikes.items()))}")
        print(f"died by themselves  {dict(deaths) or 'none'}")
        print(f"lost                {lost['orders']} orders, {lost['fills']} fills")
        print(f"doubled             {doubled['orders']} orders, {doubled['fills']} fills")
        print(f"different rows      {sum(len(mine) + len(theirs) for mine, theirs in differences.values())}")
        print(f"unsound             {len(self.wrong)}")
        for name, (mine, theirs) in differences.items():
            print(f"{name}\n  undisturbed {mine[:5]}\n  played      {theirs[:5]}")
        print(*self.wrong, sep="\n", end="\n" if self.wrong else "")
        return not (differences or self.wrong)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5, help="how long, in wall time; the round begun is finished")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    folder.chmod(0o755)  # the services' user passes through
    services = Services(Layout.of(os.environ), os.environ)
    try:
        with services.held() as environ:
            os.environ["DATABASE_URL"] = environ["DATABASE_URL"]
            with installed(folder) as installation:
                well = soak(installation, options.minutes * 60, options.seed)
    finally:
        shutil.rmtree(folder)
    return 0 if well else 1


def soak(installation: Installation, seconds: float, seed: int) -> bool:
    tally, ends = Tally(), time.monotonic() + seconds
    while time.monotonic() < ends and not tally.wrong:
        began = time.monotonic()
        strikes = [striker(installation, name, tally) for name, count in STRIKES.items() for _ in range(count)]
        until = installation.ordeal.play(ROUND, blows(seed + tally.minutes, ROUND, strikes))
        tally.minutes += ROUND
        tally.compare(installation.undisturbed(until), *installation.played())
        print(
            f"{tally.minutes} minutes, the last {ROUND} in {time.monotonic() - began:.0f} s: {tally.played}", flush=True
        )
        if tally.undisturbed != tally.played:
            break
    return tally.print(installation.processes.deaths)


def striker(installation: Installation, name: str, tally: Tally) -> Callable[[], None]:
    """Does the named thing, and counts it."""
    deeds = {"redis": installation.kill_redis, "redis emptied": installation.empty_redis}
    deed = deeds.get(name, partial(installation.processes.kill, name))

    def strike() -> None:
        tally.strikes[name] += 1
        deed()

    return strike


if __name__ == "__main__":
    sys.exit(main())
