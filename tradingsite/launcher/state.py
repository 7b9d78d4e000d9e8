"""What a running platform tells other commands about itself, in `.data/run/platform.json`."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from tradingsite.launcher import locks
from tradingsite.launcher.layout import Layout
from tradingsite.launcher.record import write_private


@dataclass(frozen=True)
class ProcessState:
    name: str
    command: str
    pid: int | None
    since: float  # Unix time of its last start
    restarts: int


@dataclass(frozen=True)
class PlatformState:
    pid: int
    address: str
    processes: list[ProcessState]

    def save(self, layout: Layout) -> None:
        write_private(_file(layout), json.dumps(asdict(self)))


def last_state(layout: Layout) -> PlatformState | None:
    """What the last platform wrote, running or not; None when there is nothing to read."""
    try:
        content = json.loads(_file(layout).read_text())
        return PlatformState(**{**content, "processes": [ProcessState(**each) for each in content["processes"]]})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def running_state(layout: Layout) -> PlatformState | None:
    """What the running platform wrote; None when none runs."""
    return last_state(layout) if locks.is_held(platform_lock(layout)) else None


def platform_lock(layout: Layout) -> Path:
    """Held by the launcher for as long as the platform runs."""
    return layout.run / "platform.lock"


def _file(layout: Layout) -> Path:
    return layout.run / "platform.json"
