"""Reading the kept lines back, newest first: filtered, counted, with a mark where lines were lost."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, cast

import redis
from django.conf import settings

from apps.operations.logs.store import ERRORS, PATIENCE

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
WINDOW = 2_000  # lines that one page looks through
SHOWN = 50


@dataclass(frozen=True)
class Line:
    """One line; ``fields`` is all of it."""

    id: str  # of the stream: its place in time
    fields: dict[str, Any]

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.fields["time"])

    @property
    def level(self) -> str:
        return str(self.fields.get("level", "INFO"))

    @property
    def text(self) -> str:
        return json.dumps(self.fields, indent=2, ensure_ascii=False)


@dataclass(frozen=True)
class Gap:
    """Lines of a process that were written but are not there."""

    lines: int
    process: str
    at: datetime


@dataclass(frozen=True)
class Wanted:
    """A filter; what is empty lets everything through. ``level`` is the least."""

    level: str = ""
    source: str = ""
    bot: int | None = None
    text: str = ""

    def passes(self, line: Line, *, any_level: bool = False) -> bool:
        fields = line.fields
        least = self.level and not any_level
        if least and line.level in LEVELS and LEVELS.index(line.level) < LEVELS.index(self.level):
            return False
        if (self.source and fields.get("source") != self.source) or (self.bot and fields.get("bot") != self.bot):
            return False
        return not self.text or self.text.lower() in json.dumps(fields, ensure_ascii=False).lower()


@dataclass
class Extract:
    """What a look through a stretch of the stream found."""

    rows: list[Line | Gap] = field(default_factory=list)
    levels: Counter[str] = field(default_factory=Counter)  # of what passes the filter but for its level
    sources: set[str] = field(default_factory=set)
    newest: str = ""  # id of the newest line looked at
    older: str = ""  # id to go on from; '' when there are no older ones
    silent: bool = False  # Redis did not answer


def extract(
    stream: str, wanted: Wanted, *, before: str = "", after: str = "", shown: int = SHOWN, window: int = WINDOW
) -> Extract:
    """At most ``shown`` lines of a stretch of ``window`` lines, newest first."""
    found = Extract()
    try:
        entries = _read(stream, before, after, window)
    except redis.RedisError:
        found.silent = True
        return found
    lines = 0
    for row in _with_gaps(entries):
        if isinstance(row, Line):
            _count(found, row, wanted)
            if not wanted.passes(row):
                continue
            lines += 1
        if lines <= shown:
            found.rows.append(row)
    if lines > shown:
        found.older = next(row.id for row in reversed(found.rows) if isinstance(row, Line))
    elif len(entries) == window:
        found.older = entries[-1][0]
    return found


def _count(found: Extract, line: Line, wanted: Wanted) -> None:
    found.newest = found.newest or line.id
    found.sources.add(str(line.fields.get("source", "")))
    if wanted.passes(line, any_level=True):
        found.levels[line.level] += 1


def _with_gaps(entries: list[tuple[str, dict[str, str]]]) -> Iterator[Line | Gap]:
    """Each process numbers its lines: where a number is left out, a line was lost."""
    numbers: dict[str, int] = {}
    for identity, entry in entries:
        line = Line(identity, json.loads(entry["line"]))
        process, number = entry["process"], int(entry["number"])
        missing = numbers.get(process, number + 1) - number - 1
        if missing > 0:
            yield Gap(missing, str(line.fields.get("process", "")), line.at)
        numbers[process] = number
        yield line


def errors_since(stream: str, seen: str) -> int:
    """How many errors came after the one of id ``seen``; 100 stands for more, 0 also when Redis does not answer."""
    try:
        return len(cast(list[Any], _client().xrange(stream + ERRORS, min=f"({seen}" if seen else "-")))
    except redis.RedisError:
        return 0


def newest_error(stream: str) -> str:
    """The id of the newest error, '' when there is none."""
    try:
        newest = cast(list[Any], _client().xrevrange(stream + ERRORS, count=1))
    except redis.RedisError:
        return ""
    return str(newest[0][0]) if newest else ""


def _read(stream: str, before: str, after: str, count: int) -> list[tuple[str, dict[str, str]]]:
    newest, oldest = f"({before}" if before else "+", f"({after}" if after else "-"
    return cast(list[Any], _client().xrevrange(stream, max=newest, min=oldest, count=count))


@cache
def _client() -> redis.Redis:
    """Short of patience: a page must come without it too."""
    return redis.Redis.from_url(
        settings.REDIS_URL, decode_responses=True, socket_timeout=PATIENCE / 2, socket_connect_timeout=PATIENCE / 2
    )
