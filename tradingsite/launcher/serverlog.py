"""The log file of an embedded server: kept small, and read back when the server would not start."""

from dataclasses import dataclass
from pathlib import Path
from typing import IO

KEEP_BYTES = 5_000_000


@dataclass(frozen=True)
class ServerLog:
    path: Path

    def open(self) -> IO[bytes]:
        """For a server that starts now. A grown file steps aside, one earlier file is kept."""
        if self.path.exists() and self.path.stat().st_size > KEEP_BYTES:
            self.path.replace(self.path.with_name(self.path.name + ".1"))
        return self.path.open("ab")

    def last_words(self, lines: int = 8) -> str:
        """The newest lines."""
        if not self.path.exists():
            return ""
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - 4096))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
