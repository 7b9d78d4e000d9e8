"""Health for a supervisor, a load balancer, a monitor and an operator."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisConnectionError

from apps.bots.models import EvaluationBatch
from apps.markets.models import Feed
from apps.operations.models import Ownership
from tradingsite.testing.people import make_account, make_bot, make_user
from tradingsite.testing.scripted import LONG

pytestmark = pytest.mark.django_db


@pytest.fixture
def alive(market):
    """Everything runs: both owners beat, an event has come, nothing waits."""
    make_bot(make_account(), market.product)
    market.bar(100, volume=LONG)
    now = timezone.now()
    Feed.objects.update(updated=now)
    for name in ("clock", "stream:replay"):
        Ownership.objects.update_or_create(name=name, defaults={"beat": now, "epoch": 1})


def test_it_is_alive_without_database_and_redis(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/health/")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_it_is_ready_when_everything_runs(client, alive):
    answer = client.get("/health/ready/?strict")
    assert answer.status_code == 200
    names = ("database", "cache", "clock", "stream", "feed", "queue")
    assert answer.json() == {"status": "ok", "checks": dict.fromkeys(names, "ok")}


@pytest.mark.parametrize("task", ["clock", "stream:replay"])
def test_a_silent_process_degrades_and_only_a_strict_reader_gets_503(client, alive, task):
    Ownership.objects.filter(name=task).update(beat=timezone.now() - timedelta(seconds=11))
    answer = client.get("/health/ready/")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"][task.split(":")[0]] == "degraded"
    assert client.get("/health/ready/?strict").status_code == 503


def test_a_market_that_stands_still_degrades(client, alive):
    Feed.objects.update(updated=timezone.now() - timedelta(seconds=121))
    assert client.get("/health/ready/").json()["checks"]["feed"] == "degraded"


def test_work_that_nobody_takes_degrades(client, alive):
    batch = EvaluationBatch.objects.latest("pk")
    old = timezone.now() - timedelta(seconds=31)
    EvaluationBatch.objects.filter(pk=batch.pk).update(state=EvaluationBatch.State.WAITING, created=old)
    assert client.get("/health/ready/").json()["checks"]["queue"] == "degraded"


def test_without_redis_it_is_not_ready(client, alive, monkeypatch):
    def refuse(*args, **options):
        raise RedisConnectionError("secret-host:6379")

    monkeypatch.setattr(cache, "set", refuse)
    answer = client.get("/health/ready/")
    assert (answer.status_code, answer.json()["checks"]["cache"]) == (503, "down")
    assert "secret-host" not in answer.content.decode()


def test_without_a_database_it_is_not_ready_and_asks_no_further(client, monkeypatch):
    def refuse(*args, **options):
        raise OperationalError("password=secret")

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/health/ready/")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "down", "cache": "ok"}
    assert "secret" not in answer.content.decode()


def test_the_figures_are_for_operators(client, alive):
    assert client.get("/health/detail/").status_code == 302
    client.force_login(make_user())
    assert client.get("/health/detail/").status_code == 403
    operator = Client()
    operator.force_login(make_user(is_staff=True))
    found = {check["name"]: check for check in operator.get("/health/detail/").json()["checks"]}
    assert found["clock"]["words"] == "the clock is alive"
    assert 0 <= found["clock"]["value"] < found["clock"]["limit"] == 10
