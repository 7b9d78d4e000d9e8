"""Lines are kept for the page: in the right streams, numbered, capped, and never at the cost of waiting."""

import logging
import time
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings

from apps.operations.logs import store
from apps.operations.logs.correlation import about
from apps.operations.logs.formatters import Json
from apps.operations.logs.reading import Gap, Line, Wanted, errors_since, extract, newest_error
from apps.operations.logs.store import ERRORS, EVERYBODY, StoreHandler, stream_of

EVERYTHING = Wanted()


@pytest.fixture
def client() -> redis.Redis:
    client = redis.Redis.from_url(settings.REDIS_URL, decode_responses=True)
    for key in client.scan_iter("logs:*"):
        client.delete(key)
    return client


@pytest.fixture
def logger(client) -> Iterator[logging.Logger]:
    """Writes to the store alone."""
    handler = StoreHandler(settings.REDIS_URL)
    handler.setFormatter(Json())
    logger = logging.Logger("apps.orders.events")
    logger.addHandler(handler)
    yield logger
    handler.flush()


def flush(logger: logging.Logger) -> None:
    logger.handlers[0].flush()


def messages(stream: str, wanted: Wanted = EVERYTHING, **options) -> list[str]:
    return [row.fields["message"] for row in extract(stream, wanted, **options).rows if isinstance(row, Line)]


def test_a_line_goes_to_everybodys_stream_and_to_that_of_its_user_and_to_no_other(logger):
    with about(user=7):
        logger.info("of seven")
    logger.info("of eight", extra={"user": 8})
    logger.info("of nobody")
    flush(logger)
    assert messages(EVERYBODY) == ["of nobody", "of eight", "of seven"]
    assert messages(stream_of(7)) == ["of seven"]
    assert messages(stream_of(8)) == ["of eight"]


def test_the_streams_are_capped(logger, client, monkeypatch):
    monkeypatch.setattr(store, "KEPT_OF_A_USER", 100)
    for number in range(1000):
        logger.info("line %s", number, extra={"user": 7})
    flush(logger)
    assert client.xlen(stream_of(7)) < 300
    assert client.ttl(stream_of(7)) > 0


def test_filters_pass_what_is_wanted_and_the_levels_are_counted_beside(logger):
    with about("cause-1", user=7, bot=3):
        logger.info("bought")
        logger.warning("refused")
        logger.error("vanished")
    logger.info("of another bot", extra={"user": 7, "bot": 4})
    flush(logger)
    stream = stream_of(7)
    assert messages(stream, Wanted(level="WARNING")) == ["vanished", "refused"]
    assert messages(stream, Wanted(bot=4)) == ["of another bot"]
    assert messages(stream, Wanted(text="CAUSE-1", level="ERROR")) == ["vanished"]
    assert messages(stream, Wanted(source="bots")) == []
    found = extract(stream, Wanted(level="ERROR", bot=3))
    assert found.levels == {"INFO": 1, "WARNING": 1, "ERROR": 1}
    assert found.sources == {"orders"}


def test_pages_follow_one_another_without_a_line_lost_or_twice(logger):
    for number in range(25):
        logger.info("%s", number)
    flush(logger)
    seen: list[str] = []
    found = extract(EVERYBODY, EVERYTHING, shown=10)
    while True:
        seen += [row.fields["message"] for row in found.rows if isinstance(row, Line)]
        if not found.older:
            break
        found = extract(EVERYBODY, EVERYTHING, shown=10, before=found.older)
    assert seen == [str(number) for number in reversed(range(25))]


def test_the_newer_lines_are_asked_for_by_the_newest_known(logger):
    logger.info("old")
    flush(logger)
    known = extract(EVERYBODY, EVERYTHING).newest
    logger.info("new")
    flush(logger)
    assert messages(EVERYBODY, after=known) == ["new"]


def test_a_lost_redis_loses_lines_costs_no_time_and_leaves_a_mark(logger, monkeypatch):
    handler = logger.handlers[0]
    logger.info("before")
    flush(logger)
    whole = handler._write
    monkeypatch.setattr(store, "PAUSE", 0.01)

    def broken(client, lines):
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(handler, "_write", broken)
    began = time.monotonic()
    for _ in range(3):
        logger.info("lost")
    assert time.monotonic() - began < 0.1
    flush(logger)
    monkeypatch.setattr(handler, "_write", whole)
    logger.info("after")
    flush(logger)
    newest, gap, oldest = extract(EVERYBODY, EVERYTHING).rows
    assert isinstance(gap, Gap)
    assert gap.lines == 3
    assert (newest.fields["message"], oldest.fields["message"]) == ("after", "before")


def test_a_full_queue_loses_lines_and_never_waits(client, monkeypatch):
    monkeypatch.setattr(store, "WAITING", 2)
    handler = StoreHandler("redis://127.0.0.1:1")  # nothing listens there
    handler.setFormatter(Json())
    logger = logging.Logger("apps.orders.events")
    logger.addHandler(handler)
    began = time.monotonic()
    for _ in range(500):
        logger.info("nobody hears this")
    assert time.monotonic() - began < 1
    assert handler.numbers[EVERYBODY] == 500


def test_a_page_without_redis_says_so_at_once(monkeypatch):
    monkeypatch.setattr("apps.operations.logs.reading._client", lambda: redis.Redis.from_url("redis://127.0.0.1:1"))
    began = time.monotonic()
    assert extract(EVERYBODY, EVERYTHING).silent
    assert errors_since(EVERYBODY, "") == 0
    assert newest_error(EVERYBODY) == ""
    assert time.monotonic() - began < 2


def test_errors_are_counted_until_they_are_seen(logger, client):
    logger.error("vanished", extra={"user": 7})
    logger.warning("refused", extra={"user": 7})
    flush(logger)
    assert (errors_since(stream_of(7), ""), errors_since(stream_of(8), "")) == (1, 0)
    seen = newest_error(stream_of(7))
    assert errors_since(stream_of(7), seen) == 0
    logger.error("again", extra={"user": 7})
    flush(logger)
    assert errors_since(stream_of(7), seen) == 1
    assert client.ttl(stream_of(7) + ERRORS) > 0


def test_the_platforms_own_loggers_write_to_the_store():
    handlers = [type(handler).__name__ for handler in logging.getLogger().handlers]
    assert "StoreHandler" in handlers
