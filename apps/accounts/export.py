"""All rows of a user as a ZIP of JSON files, made while it is sent: nothing of it is ever on a disk."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.registry import Personal, personal

CHUNK = 65_536  # bytes gathered before they are sent
ROWS = 1_000  # read at a time


class _Encoder(DjangoJSONEncoder):
    """Exact decimals as text; bytes in base64."""

    def default(self, o: Any) -> Any:
        return base64.b64encode(o).decode() if isinstance(o, bytes | memoryview) else super().default(o)


class _Pipe:
    """What a ZIP writes into and the answer reads out of."""

    def __init__(self) -> None:
        self.held = bytearray()

    def write(self, data: bytes) -> int:
        self.held += data
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def taken(self) -> bytes:
        data = bytes(self.held)
        self.held.clear()
        return data


def archive(user: User) -> Iterator[bytes]:
    """The archive's bytes, piece by piece: a file a table, and 'index.json' with their numbers of rows."""
    pipe = _Pipe()
    counts: dict[str, int] = {}
    with ZipFile(pipe, "w", ZIP_DEFLATED) as pack:  # type: ignore[call-overload]  # it only writes
        for table in personal:
            yield from _table(pack, pipe, table, user, counts)
        index = {"user": user.email, "made": timezone.now(), "rows": counts}
        pack.writestr("index.json", json.dumps(index, cls=_Encoder, indent=1))
    yield pipe.taken()


def _table(pack: ZipFile, pipe: _Pipe, table: Personal, user: User, counts: dict[str, int]) -> Iterator[bytes]:
    counts[table.name] = 0
    dump: Callable[[Any], str] = _Encoder(ensure_ascii=False).encode
    with pack.open(f"{table.name}.json", "w", force_zip64=True) as file:
        before = b"[\n"
        for row in table.rows(user).iterator(chunk_size=ROWS):
            file.write(before + dump(row).encode())
            before = b",\n"
            counts[table.name] += 1
            if len(pipe.held) >= CHUNK:
                yield pipe.taken()
        file.write(b"\n]\n" if counts[table.name] else b"[]\n")
