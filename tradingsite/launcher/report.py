"""`./start status` and `./start stop`."""

import os
import signal
import time

from tradingsite.launcher import locks
from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.layout import Layout
from tradingsite.launcher.leftovers import end_leftovers
from tradingsite.launcher.pids import memory_of
from tradingsite.launcher.services import Services
from tradingsite.launcher.state import platform_lock, running_state

NOT_RUNNING = 3  # as init scripts have it
STOP_SECONDS = 90.0


def show_status(layout: Layout, services: Services) -> int:
    """Prints what runs; the exit code."""
    state = running_state(layout)
    print(f"platform at {state.address}, launcher process {state.pid}" if state else "platform: not running")
    for process in state.processes if state else []:
        if process.pid is None:
            print(f"  {process.name:<9} waits to start again, {process.restarts} restarts")
        else:
            age, memory = time.time() - process.since, memory_of(process.pid) / 1e6
            print(
                f"  {process.name:<9} process {process.pid}, up {age:.0f} s, "
                f"{process.restarts} restarts, {memory:.0f} MB resident"
            )
    for name, pid in services.pids().items():
        print(f"  {name:<9} {f'process {pid}' if pid else 'not running'}")
    return 0 if state else NOT_RUNNING


def stop_platform(layout: Layout, services: Services) -> None:
    """Ends the platform and its services, and what a killed launcher has left of them."""
    state = running_state(layout)
    if state:
        os.kill(state.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while locks.is_held(platform_lock(layout)):
            if time.monotonic() > deadline:
                raise LauncherError(
                    f"the platform (process {state.pid}) must end within {STOP_SECONDS:g} s, but runs on"
                )
            time.sleep(0.1)
        print("Stopped the platform")
        return
    left = end_leftovers(layout) + sum(1 for pid in services.pids().values() if pid)
    services.down()
    print(f"Stopped {left} processes that a killed launcher had left behind" if left else "Nothing was running")
