"""The clock process: runs the periodic sweeps while it owns the lock, else stands by."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from apps.operations.logs.correlation import about, new_id
from apps.operations.ownership import Owner
from apps.operations.sweeps import sweeps

logger = logging.getLogger("clock")
BEAT = 1.0  # seconds


class Command(BaseCommand):
    help = "Run the periodic sweeps. Several may run; one is active, the others stand by."

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        owner = Owner("clock")
        if not owner.acquire(stopping=stopping.is_set):
            return
        logger.info("owns the clock, epoch %s", owner.epoch)
        scheduler = BackgroundScheduler(timezone="UTC")
        for sweep in sweeps:
            scheduler.add_job(
                _safe(sweep.name, sweep.run), "interval", seconds=sweep.every, name=sweep.name, max_instances=1,
                coalesce=True,
            )  # fmt: skip
        scheduler.start()
        try:
            while not stopping.wait(BEAT):
                owner.beat()
        finally:
            scheduler.shutdown(wait=True)
            owner.release()


def _safe(name: str, run: Callable[[], object]) -> Callable[[], None]:
    """A sweep that fails says so and is run again next time; its rows still wait."""

    def job() -> None:
        started = time.monotonic()
        close_old_connections()
        try:
            with about(new_id()):
                run()
        except DatabaseError as error:
            logger.error("sweep %s failed: %s", name, error)
        finally:
            close_old_connections()
        took = time.monotonic() - started
        if took > 1:
            logger.warning("sweep %s took %.1f s", name, took)

    return job
