"""The Procfile: one named process a line."""

import re
from pathlib import Path

from tradingsite.launcher.errors import LauncherError

LINE = re.compile(r"(?P<name>[A-Za-z0-9_-]+):\s*(?P<command>\S.*)")
RELEASE = "release"


def read_procfile(path: Path) -> dict[str, str]:
    """The long-running processes by name, in the file's order; `release` is a step of deployments, not one of them."""
    if not path.is_file():
        raise LauncherError(f"{path} must exist: it names the processes to run")
    processes: dict[str, str] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = LINE.fullmatch(line.strip())
        if match is None or match["name"] in processes:
            raise LauncherError(f"{path}:{number} must read 'name: command' with a new name, was {line!r}")
        processes[match["name"]] = match["command"]
    processes.pop(RELEASE, None)
    return processes
