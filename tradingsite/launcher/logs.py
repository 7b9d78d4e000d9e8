"""`./start logs`: what the processes said, and go on saying."""

import os
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from tradingsite.launcher.errors import UsageError

POLL_SECONDS = 0.3


def show_logs(folder: Path, name: str | None, *, lines: int, follow: bool) -> None:
    """Prints the last lines of one log, or of all in the order of their times; goes on as they grow with `follow`."""
    files = _choose(folder, name)
    prefixes = {path: "" if name else f"{path.stem:<8} | " for path in files}
    tails = [_Tail(path) for path in files]
    recent = [(line[:19], prefixes[tail.path] + line) for tail in tails for line in tail.last(lines)]
    for _, line in sorted(recent, key=lambda each: each[0])[-lines:] if lines else []:
        print(line)
    while follow:
        for tail in tails:
            for line in tail.more():
                print(prefixes[tail.path] + line, flush=True)
        time.sleep(POLL_SECONDS)


def _choose(folder: Path, name: str | None) -> list[Path]:
    known = sorted(folder.glob("*.log")) if folder.exists() else []
    if name is None:
        return known
    chosen = [path for path in known if path.stem == name]
    if not chosen:
        names = ", ".join(path.stem for path in known) or "none yet"
        raise UsageError(f"the log must be one of those in {folder} ({names}), was {name!r}")
    return chosen


@dataclass
class _Tail:
    """The growing end of a file that may be replaced by a new one of the same name."""

    path: Path
    inode: int = 0
    position: int = 0

    def last(self, count: int) -> list[str]:
        with self.path.open(errors="replace") as file:
            recent = deque(file, maxlen=count)
            self.inode, self.position = os.fstat(file.fileno()).st_ino, file.tell()
        return [line.rstrip("\n") for line in recent]

    def more(self) -> list[str]:
        """The whole lines since the last call."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return []
        if status.st_ino != self.inode or status.st_size < self.position:
            self.inode, self.position = status.st_ino, 0
        with self.path.open("rb") as file:
            file.seek(self.position)
            whole, newline, _ = file.read().rpartition(b"\n")
        self.position += len(whole) + len(newline)
        return whole.decode(errors="replace").split("\n") if newline else []
