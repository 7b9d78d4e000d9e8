"""The log file of an embedded server: kept small, and read back when the server would not start."""

from dataclasses import dataclass
from pathlib import Path
from typing import IO

KEEP_BYTES = 5_000_000
LAST_BYTES = 4096


@dataclass(frozen=True)
class ServerLog:
    path: Path

    def open(self) -> IO[bytes]:
        """For a server that starts now. A grown file steps aside, one earlier file is kept."""
        if self.path.exists() and self.path.stat().st_size > KEEP_BYTES:
            self.path.replace(self.path.with_name(self.path.name + ".1"))
        return self.path.open("ab")

    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def words_since(self, size: int) -> str:
        """What was written after the file had this size, its end when that is much."""
        with self.path.open("rb") as file:
            file.seek(max(size if size <= self.size() else 0, self.size() - LAST_BYTES))
            return file.read().decode(errors="replace").strip()
