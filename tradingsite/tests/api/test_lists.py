"""Lists: keyset pages, filters, ETags, and how often one may ask."""

from types import SimpleNamespace

import pytest
from redis.exceptions import RedisError
from rest_framework.throttling import UserRateThrottle

from apps.bots.models import Bot
from tradingsite.testing.api import Caller
from tradingsite.testing.people import make_account, make_bot


@pytest.fixture
def bots(account, market):
    return [make_bot(account, market.product, running=running) for running in (True, False, True, False, True)]


def ids(answer):
    return [row["id"] for row in answer.json()["results"]]


def test_pages_follow_each_other_without_gap_or_repetition(caller, bots, account, market):
    first = caller.get("bots/?limit=2")
    make_bot(account, market.product)  # on top: shifts nothing behind the cursor
    second = caller.get(first.json()["next"])
    third = caller.get(second.json()["next"])
    assert ids(first) + ids(second) + ids(third) == [bot.pk for bot in reversed(bots)]
    assert third.json()["next"] is None
    assert ids(caller.get(second.json()["previous"])) == ids(first)


def test_a_filter_keeps_what_it_names(caller, bots, account):
    assert ids(caller.get("bots/?state=stopped")) == [bots[3].pk, bots[1].pk]
    assert len(ids(caller.get(f"bots/?account={account.pk}&product=BTC-USD&strategy=scripted"))) == 5
    assert ids(caller.get("bots/?product=ETH-USD")) == []


def test_the_account_of_somebody_else_is_no_filter(caller, bots):
    assert caller.get(f"bots/?account={make_account().pk}").status_code == 400


def test_an_unchanged_answer_is_304_until_something_changes(caller, bots):
    for path in ("bots/", f"bots/{bots[0].pk}/", "market/products/"):
        first = caller.get(path)
        again = caller.get(path, **{"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b""), path
    etag = caller.get("bots/").headers["ETag"]
    Bot.objects.filter(pk=bots[0].pk).update(name="Renamed")
    assert caller.get("bots/", **{"If-None-Match": etag}).status_code == 200


def test_answers_stay_out_of_caches(caller):
    assert caller.get("bots/").headers["Cache-Control"] == "no-store"


def test_whoever_asks_too_often_is_told_when_to_come_back(caller, monkeypatch):
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    assert [caller.get("strategies/").status_code for _ in range(2)] == [200, 200]
    refused = caller.get("strategies/")
    assert refused.status_code == 429
    assert refused.json()["code"] == "throttled"
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert Caller(make_account().owner).get("strategies/").status_code == 200


def test_times_far_from_greenwich_are_times(caller):
    assert caller.get("orders/?since=1734-12-31T02:45:08%2B19:53").status_code == 200
    assert (
        caller.get("trades/?cursor=cD0yMDIwLTAxLTAxKzAwJTNBMDAlM0EwMCUyQjE5JTNBNTM%3D").status_code == 200
    )  # +19:53 too


def test_a_lost_redis_stops_nobody(caller, monkeypatch):
    def lost(*args, **options):
        raise RedisError("Redis is away")

    monkeypatch.setattr(UserRateThrottle, "cache", SimpleNamespace(get=lost, set=lost))
    assert caller.get("strategies/").status_code == 200
