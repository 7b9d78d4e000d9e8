"""Processes known only by their number, perhaps started by an earlier launcher that was killed."""

import os
import subprocess
import time
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether the process runs. One that is dead but not yet laid to rest by its parent does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _state(pid) != "Z"


def wait_gone(pid: int, timeout: float) -> bool:
    """Waits up to `timeout` seconds for the process to end; whether it did."""
    deadline = time.monotonic() + timeout
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def works_in(pid: int, folder: Path) -> bool:
    """Whether `pid` is a live server whose files are in `folder`: its working folder, or named by its command.

    Numbers are used again after a reboot or a kill, so a number alone proves nothing.
    """
    if not is_alive(pid):
        return False
    try:
        return os.path.samefile(f"/proc/{pid}/cwd", folder)
    except OSError:
        return str(folder) in command_of(pid)


def command_of(pid: int) -> str:
    """The command line of a process, empty when there is none."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return ""
    done = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], check=False, capture_output=True, text=True)
    return done.stdout.strip()


def started_with(name: str, value: str) -> list[int]:
    """All processes of ours that have this variable in the environment they were started with."""
    mark = f"{name}={value}"
    if Path("/proc/self").exists():
        numbers = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
        return [pid for pid in numbers if mark.encode() in _environ(pid) and is_alive(pid)]
    done = subprocess.run(["ps", "axeww", "-o", "pid=,command="], check=False, capture_output=True, text=True)
    return [int(line.split()[0]) for line in done.stdout.splitlines() if mark in line.split()]


def _environ(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:  # gone, or somebody else's
        return []


def _state(pid: int) -> str:
    """One letter, Z for a dead process that its parent has not asked about yet."""
    if not Path("/proc/self").exists():
        done = subprocess.run(["ps", "-o", "state=", "-p", str(pid)], check=False, capture_output=True, text=True)
        return done.stdout.strip()[:1]
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return "Z"
