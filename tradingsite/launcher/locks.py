"""File locks. The kernel drops them when their holder dies, however it dies, so none is ever stale."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Waits for the lock at `path` and holds it for the block."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def try_exclusive(path: Path) -> IO[str] | None:
    """The lock at `path`, held until the returned file is closed; None when somebody else has it."""
    return _try(path, fcntl.LOCK_EX)


def shared(path: Path) -> IO[str] | None:
    """One of many holders of the lock at `path`, until the returned file is closed."""
    return _try(path, fcntl.LOCK_SH)


def is_held(path: Path) -> bool:
    """Whether any process holds the lock at `path`."""
    if not path.exists():
        return False
    file = try_exclusive(path)
    if file is None:
        return True
    file.close()
    return False


def _try(path: Path, kind: int) -> IO[str] | None:
    file = path.open("a")
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
