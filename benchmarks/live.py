"""The whole platform on the sandbox exchange, quick and without faults, for benchmarks of live accounts.

``set_up`` must be called before anything of Django is imported.
"""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

from tradingsite.launcher.layout import Layout
from tradingsite.launcher.services import Services

if TYPE_CHECKING:
    from tradingsite.testing.soak.soak import Soak

SHOWN = (50, 95, 99)
PATIENCE = 90.0  # seconds


def set_up() -> None:
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # ends what it has started
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradingsite.settings")
    os.environ["LOG_LEVEL"] = "ERROR"
    import django  # noqa: PLC0415  reads the settings, which read what was just set

    django.setup()


@contextmanager
def platform(accounts: int = 1) -> Iterator["Soak"]:
    """Exchange, web, worker, stream and clock as in production, commits that reach the disk included; prices are
    there."""
    from django.conf import settings  # noqa: PLC0415  as above

    from tradingsite.testing.soak.stage import soaking  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp(prefix="benchmark-"))
    folder.chmod(0o755)  # the services' user passes through
    services = Services(Layout.of(os.environ), os.environ)
    try:
        with services.held() as environ:
            os.environ["DATABASE_URL"] = environ["DATABASE_URL"]
            with soaking(folder, 1) as soak:
                slow = ("PGOPTIONS", "DEBUG")  # what the soak sets and production has not
                kept = {name: value for name, value in soak.processes.environ.items() if name not in slow}
                soak.processes.environ = kept | {"SECRET_KEY": settings.SECRET_KEY}  # sessions made here are good there
                soak.begin(accounts)
                soak.exchange.settings(trade_batch=0)
                yield soak
    finally:
        shutil.rmtree(folder)


def percentiles(took: list[float]) -> str:
    """Of seconds, in milliseconds: 'p50 12.1  p95 ...  worst 40.2'."""
    points = quantiles([each * 1000 for each in took], n=100, method="inclusive")
    shown = "  ".join(f"p{n} {points[n - 1]:7.1f}" for n in SHOWN)
    return f"{shown}  worst {max(took) * 1000:7.1f} ms  ({len(took)})"


def wait_for(happened: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Until something is true. SystemExit says what did not come."""
    deadline = time.monotonic() + patience
    while not happened():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {patience:g} s in vain for {what}")
        time.sleep(0.05)
