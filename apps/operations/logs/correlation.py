"""What the lines of a log belong to: the cause that set them off, and whom and what they concern.

The cause has one id from the request over the message to the order, so that one search finds everything it did.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
NOTHING: Mapping[str, Any] = {}

_subject: ContextVar[Mapping[str, Any]] = ContextVar("log_subject", default=NOTHING)


def new_id() -> str:
    return uuid4().hex


def current() -> str:
    """The id of the cause at work, '' outside of one."""
    return str(_subject.get().get("correlation_id", ""))


def subject() -> Mapping[str, Any]:
    """What lines written now concern: correlation_id, user, bot, order, as far as known."""
    return _subject.get()


@contextmanager
def about(correlation: str = "", **concerned: int | None) -> Iterator[None]:
    """Lines written within belong to this cause and concern these ids; what is not given stays as it was."""
    token = _subject.set({**_subject.get(), **_known(correlation, concerned)})
    try:
        yield
    finally:
        _subject.reset(token)


def begin(correlation: str = "", **concerned: int | None) -> None:
    """The same for the rest of a task or thread that has a context of its own."""
    _subject.set(_known(correlation or new_id(), concerned))


def _known(correlation: str, concerned: Mapping[str, int | None]) -> dict[str, Any]:
    known: dict[str, Any] = {name: value for name, value in concerned.items() if value is not None}
    return {**known, "correlation_id": correlation} if correlation else known
