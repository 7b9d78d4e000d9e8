"""The budget of a key: shared by all, orders first, and silent when the exchange wants silence."""

from itertools import count

import pytest

from apps.operations.pace import SharedPace
from exchanges.coinbase.trading.pace import LocalPace, Urgency, silence
from exchanges.port import Unavailable

ORDER, CANCEL, READ = Urgency.ORDER, Urgency.CANCEL, Urgency.READ
_numbers = count(1)


@pytest.fixture
def make(settings):
    """Paces of one key; time passes only while they sleep."""
    name = f"test-{next(_numbers)}"

    def make(**options):
        slept = []
        known = {"rate": 0.001, "burst": 10, "quick_rate": 0.001, "quick_burst": 10, "sleep": slept.append}
        pace = SharedPace(name, settings.REDIS_URL, **(known | options), clock=lambda: sum(slept))
        pace.slept = slept
        return pace

    pace = make()
    pace._redis.delete(pace._key)
    yield make
    pace._redis.delete(pace._key)


def taken(pace, urgency):
    """How many requests are let through at once."""
    for number in range(100):
        try:
            pace.wait(urgency)
        except Unavailable:
            return number
    raise AssertionError("no end")


def test_reads_leave_their_part_to_cancels_and_orders_and_cancels_to_orders(make):
    pace = make()
    assert taken(pace, READ) == 6
    assert taken(pace, CANCEL) == 3
    assert taken(pace, ORDER) == 1


def test_all_processes_share_it(make):
    first, second = make(), make()
    assert taken(first, READ) == 6
    assert taken(second, READ) == 0


def test_reads_that_wait_take_nothing_from_orders(make):
    pace = make(burst=10, quick_burst=10)
    for _ in range(20):
        taken(pace, READ)
    assert taken(pace, CANCEL) + taken(pace, ORDER) == 4


def test_what_is_used_comes_back(make):
    pace = make(rate=1000, quick_rate=1000)
    for _ in range(50):
        pace.wait(ORDER)


def test_a_429_silences_everybody(make):
    first, second = make(), make()
    first.answered(429, {"Retry-After": "30"})
    for urgency in Urgency:
        with pytest.raises(Unavailable):
            second.wait(urgency)


def test_other_answers_silence_nobody(make):
    pace = make()
    pace.answered(500, {"Retry-After": "30"})
    pace.wait(READ)


def test_while_redis_is_away_a_process_goes_on_slowly():
    pace = SharedPace("x", "redis://127.0.0.1:9/0", sleep=lambda seconds: None)
    pace._alone = LocalPace(0.001, 3, kept=1, sleep=lambda seconds: None)
    assert taken(pace, READ) == 2
    assert taken(pace, ORDER) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("2", 2.0), ("", 1.0), ("nonsense", 1.0), ("-5", 0.0), ("9999", 60.0), ("nan", 1.0)],
)
def test_the_wish_for_silence_is_obeyed_within_reason(value, seconds):
    assert silence({"Retry-After": value}) == seconds


def test_a_date_is_understood():
    assert silence({"Retry-After": "Thu, 01 Jan 1970 00:00:10 GMT"}, now=lambda: 4.0) == 6.0
