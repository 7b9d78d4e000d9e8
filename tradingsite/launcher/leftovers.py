"""Processes that outlived a killed launcher."""

import contextlib
import os
import signal

from tradingsite.launcher import locks
from tradingsite.launcher.layout import Layout
from tradingsite.launcher.pids import started_with, wait_gone
from tradingsite.launcher.state import platform_lock

MARK = "TRADINGSITE_RUN"  # names the data folder in the environment of every process that we run
GRACE_SECONDS = 10.0


def end_leftovers(layout: Layout) -> int:
    """Ends what a launcher that is no more has left running; how many processes that were."""
    if locks.is_held(platform_lock(layout)):
        return 0
    left = started_with(MARK, str(layout.data))
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        for pid in left:
            wait_gone(pid, GRACE_SECONDS)
    return len(left)
