"""A thread of every worker that carries halts out. It needs no message, and no reading of an exchange holds it up."""

import logging
import os
import signal
import threading
from typing import Any

import dramatiq
from django.db import DatabaseError, close_old_connections

from apps.operations.logs.correlation import about, new_id
from apps.orders.halts import halts_sweep
from apps.risk.models import Halt

logger = logging.getLogger(__name__)
LOOK = 0.25  # seconds between two looks for a halt that waits
PAUSE = 1.0  # and after one that could not be carried out at once
PATIENCE = 5.0  # seconds that it has to end


class Watchman(dramatiq.Middleware):
    """Looks after the halts for as long as the worker runs. Several workers may: what they do is safe to do twice."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchman", daemon=True)

    def after_worker_boot(self, broker: dramatiq.Broker, worker: Any) -> None:
        self._thread.start()

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: Any) -> None:
        self._stopping.set()
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        pause = LOOK
        try:
            while not self._stopping.wait(pause):
                close_old_connections()
                pause = look()
                close_old_connections()
        finally:
            if not self._stopping.is_set():  # nobody would carry halts out here: the worker begins anew
                os.kill(os.getpid(), signal.SIGTERM)


def look() -> float:
    """Works on the halts that wait; returns after how many seconds to look again."""
    waits = Halt.objects.filter(swept=False, released_at=None)
    try:
        if waits.exists():
            with about(new_id()):
                halts_sweep()
        return PAUSE if waits.exists() else LOOK
    except DatabaseError as error:
        logger.error("halts cannot be carried out now: %s", error)
        return PAUSE
