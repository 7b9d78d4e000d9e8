"""Rows in one SQLite file.

Write-ahead log, ``synchronous=NORMAL``: what was committed is in the file and outlives the process, however that ends;
it is not forced to the disk, so a power cut may cost the last moments. Forcing it would cost milliseconds an order, and
what tries its clients here is a killed process, not a dead machine.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Key = int | str
ENCODE = json.JSONEncoder(default=str, separators=(",", ":")).encode
SCHEMA = "CREATE TABLE IF NOT EXISTS rows (kind TEXT, key, body TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID"


class Store:
    """Kinds of rows, each by its key; amounts are text in them."""

    def __init__(self, path: Path) -> None:
        """Makes the file when there is none. Raises ValueError when another process has it, or it is something else."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._waiting: dict[tuple[str, Key], str] = {}
        # Made in one thread and used in another: never in two at a time.
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1)
        try:
            for statement in ("PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL"):
                self._database.execute(statement)
            self._database.execute(SCHEMA)
            self._database.execute("BEGIN EXCLUSIVE")
            self._database.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise ValueError(
                f"state must be a file of a sandbox, and no other may use it, was {path}: {error}"
            ) from None

    def put(self, kind: str, key: Key, row: Mapping[str, Any]) -> None:
        """Writes a row at the next ``commit``, over the one that has its key."""
        self._waiting[kind, key] = ENCODE(row)

    def commit(self) -> None:
        """All that was put, or nothing of it when the process dies meanwhile."""
        if not self._waiting:
            return
        rows = [(kind, key, body) for (kind, key), body in self._waiting.items()]
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", rows)
        self._database.execute("COMMIT")
        self._waiting.clear()

    def rows(self, kind: str) -> Iterator[Row]:
        """By rising key."""
        for (body,) in self._database.execute("SELECT body FROM rows WHERE kind = ? ORDER BY key", (kind,)):
            yield json.loads(body)

    def row(self, kind: str) -> Row:
        """The one row of its kind; empty when there is none."""
        return next(self.rows(kind), {})

    def drop(self, kind: str, before: str, prefix: str) -> None:
        """Deletes rows whose key begins with ``prefix`` and is below ``before``."""
        self._database.execute("DELETE FROM rows WHERE kind = ? AND key >= ? AND key < ?", (kind, prefix, before))

    def close(self) -> None:
        self._database.close()
