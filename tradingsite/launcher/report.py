"""`./start status` and `./start stop`."""

import os
import signal
import time

from tradingsite.launcher import locks
from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.layout import Layout
from tradingsite.launcher.leftovers import end_leftovers
from tradingsite.launcher.memory import memory_by_root
from tradingsite.launcher.services import Services
from tradingsite.launcher.state import platform_lock, running_state

NOT_RUNNING = 3  # as init scripts have it
STOP_SECONDS = 90.0


def show_status(layout: Layout, services: Services) -> int:
    """Prints what runs; the exit code."""
    state = running_state(layout)
    print(f"platform at {state.address}, launcher process {state.pid}" if state else "platform: not running")
    processes, servers = state.processes if state else [], services.pids()
    memory = memory_by_root([pid for pid in (*(each.pid for each in processes), *servers.values()) if pid])
    for process in processes:
        line = (
            f"process {process.pid}, up {time.time() - process.since:.0f} s" if process.pid else "waits to start again"
        )
        print(f"  {process.name:<9} {line}, {process.restarts} restarts{_megabytes(memory, process.pid)}")
    for name, pid in servers.items():
        print(f"  {name:<9} {f'process {pid}' if pid else 'not running'}{_megabytes(memory, pid)}")
    return 0 if state else NOT_RUNNING


def _megabytes(memory: dict[int, int], pid: int | None) -> str:
    return f", {memory[pid] / 1e6:.0f} MB" if pid and memory.get(pid) else ""


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
    print(f"Stopped {left} processes that ran without a launcher" if left else "Nothing was running")
