"""Streams as processes of their own, for tests that kill them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

PATIENCE = 60  # seconds
Process = subprocess.Popen[str]


@contextmanager
def streams() -> Iterator[Callable[..., Process]]:
    """A function that starts a stream on the test's database, given its further environment; none is left behind."""
    started: list[Process] = []

    def start(**environ: str) -> Process:
        database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
        command = [sys.executable, "manage.py", "stream"]
        known = {**os.environ, "DATABASE_URL": database, **environ}
        started.append(subprocess.Popen(command, cwd=settings.BASE_DIR, env=known, stderr=subprocess.PIPE, text=True))
        return started[-1]

    try:
        yield start
    finally:
        for process in started:
            process.kill()
            process.communicate()


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)
