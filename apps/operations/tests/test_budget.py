"""A budget of requests that processes share."""

import pytest
from django.conf import settings

from apps.operations.budget import SharedBudget
from exchanges.port import Unavailable


@pytest.fixture
def pauses():
    return []


def budget(pauses, name="test", url=None):
    return SharedBudget(name, rate=10, burst=3, url=url or settings.REDIS_URL, sleep=pauses.append)


@pytest.fixture(autouse=True)
def fresh(pauses):
    made = budget(pauses)
    made._redis.delete("budget:test", "budget:other")


def test_a_burst_is_free_and_what_follows_keeps_the_rate(pauses):
    one, other = budget(pauses), budget(pauses)
    for each in (one, other, one):
        each.wait(5)
    assert pauses == []
    for each in (other, one, other):
        each.wait(5)
    assert pauses == sorted(pauses)  # nobody really sleeps here, so the debt grows
    assert 0.05 < pauses[0] <= 0.1
    assert pauses[-1] <= 0.3


def test_a_wait_longer_than_the_patience_is_refused_and_takes_nothing(pauses):
    made = budget(pauses)
    for _ in range(3):
        made.wait(5)
    for _ in range(20):
        with pytest.raises(Unavailable, match="too many requests wait"):
            made.wait(0)
    made.wait(0.2)


def test_budgets_of_other_names_are_apart(pauses):
    for _ in range(3):
        budget(pauses).wait(5)
    budget(pauses, "other").wait(0)


def test_without_redis_each_process_keeps_to_half(pauses):
    made = budget(pauses, url="redis://127.0.0.1:9/0")
    for _ in range(4):
        made.wait(5)
    assert len(pauses) == 1
    assert 0.1 < pauses[0] <= 0.2
