"""Processes known only by their number, perhaps started by an earlier launcher that was killed."""

import os
import subprocess
import time
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether the process runs. A dead child of ours is laid to rest on the way."""
    try:
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def wait_gone(pid: int, timeout: float) -> bool:
    """Waits up to `timeout` seconds for the process to end; whether it did."""
    deadline = time.monotonic() + timeout
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def works_in(pid: int, folder: Path) -> bool:
    """Whether the live process `pid` is a server whose files are in `folder`: its working folder, or named by its command.

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


def memory_of(pid: int) -> int:
    """Resident memory of a process in bytes, 0 when it is gone."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    except FileNotFoundError:
        pass
    return 0
