"""One id leads from the request over the message to what it caused."""

import json
import logging
from contextvars import copy_context
from uuid import UUID

import dramatiq
import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import RequestFactory
from dramatiq.brokers.stub import StubBroker

from apps.operations.logs.correlation import about, begin, current, subject
from apps.operations.logs.formatters import Json, Line
from apps.operations.logs.messages import Correlate
from apps.operations.logs.middleware import Correlation
from apps.operations.nudges import nudge

QUEUE = "test-of-causes"


def served(**headers: str) -> tuple[str, str]:
    """The id at work while a request is served, and the one answered back."""
    seen: list[str] = []

    def view(request):
        seen.append(current())
        return HttpResponse()

    answer = Correlation(view)(RequestFactory().get("/", headers=headers))
    return seen[0], answer.headers["X-Request-ID"]


def test_a_request_gets_an_id_that_is_answered_back_and_forgotten_after():
    inside, answered = served()
    assert inside == answered
    assert UUID(inside)
    assert current() == ""


@pytest.mark.parametrize("given", ["abcdefgh", "req-2026.11_21", "A" * 64])
def test_a_well_formed_id_of_the_client_is_taken(given):
    assert served(**{"X-Request-ID": given}) == (given, given)


@pytest.mark.parametrize("given", ["", "short", "-abcdefgh", "a" * 65, "abcdefgh\n", "abc def gh", "<script>"])
def test_any_other_is_replaced(given):
    inside, answered = served(**{"X-Request-ID": given})
    assert inside == answered != given


def test_what_is_inside_adds_to_what_is_around_it_and_ends_with_it():
    with about("cause-1", user=7):
        with about("cause-2", bot=3, order=None):
            assert dict(subject()) == {"correlation_id": "cause-2", "user": 7, "bot": 3}
        with about(order=9):
            assert dict(subject()) == {"correlation_id": "cause-1", "user": 7, "order": 9}
    assert dict(subject()) == {}


@pytest.fixture
def worker():
    """A broker of our own, whose worker notes the id at work."""
    known = dramatiq.get_broker()
    broker = StubBroker(middleware=[Correlate()])
    dramatiq.set_broker(broker)
    seen: list[str] = []
    dramatiq.actor(lambda: seen.append(current()), actor_name="look", queue_name=QUEUE, broker=broker)
    runner = dramatiq.Worker(broker, worker_timeout=50, worker_threads=1)
    runner.start()

    def work() -> list[str]:
        broker.join(QUEUE)
        runner.join()
        return seen

    yield work
    runner.stop()
    dramatiq.set_broker(known)


@pytest.mark.django_db(transaction=True)
def test_a_message_carries_the_id_of_what_asked_for_it(worker):
    with about("cause-of-it"), transaction.atomic():
        nudge("look", queue=QUEUE)
    assert worker() == ["cause-of-it"]


@pytest.mark.django_db(transaction=True)
def test_a_message_without_a_cause_gets_an_id_of_its_own(worker):
    nudge("look", queue=QUEUE)
    nudge("look", queue=QUEUE)
    first, second = worker()
    assert first
    assert first != second


def written(form: logging.Formatter, **extra: object) -> str:
    logger = logging.getLogger("apps.orders.events")
    return form.format(
        logger.makeRecord(logger.name, logging.WARNING, "f", 1, "filled %s", ("all",), None, extra=extra)
    )


def test_a_json_line_says_when_what_who_and_why():
    with about("cause-1", user=7):
        line = json.loads(written(Json(), order=9))
    assert line.pop("time").endswith("+00:00")
    assert line.pop("pid")
    assert line.pop("process")
    assert line == {
        "level": "WARNING", "source": "orders", "logger": "apps.orders.events", "message": "filled all",
        "correlation_id": "cause-1", "user": 7, "order": 9,
    }  # fmt: skip


def test_one_form_leaves_nothing_behind_for_the_other():
    record = logging.getLogger("x").makeRecord("x", logging.INFO, "f", 1, "done", (), None)
    with about("cause-1"):
        Line().format(record)
        assert "cause" not in json.loads(Json().format(record))


def test_a_line_for_people_ends_with_the_cause():
    with about("cause-1"):
        assert written(Line()) == "WARNING apps.orders.events: filled all [cause-1]"
        assert written(Line(), correlation_id="the-orders") == "WARNING apps.orders.events: filled all [the-orders]"


def test_a_task_of_its_own_begins_with_an_id_of_its_own():
    def task() -> tuple[str, object]:
        begin(user=7)
        return current(), subject()["user"]

    with about("cause-1", bot=3):
        cause, user = copy_context().run(task)
        assert current() == "cause-1"
    assert cause not in ("", "cause-1")
    assert user == 7
