"""The same request twice acts once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from apps.bots.models import Bot
from apps.operations.api.idempotency import idempotency_sweep
from apps.operations.models import IdempotentRequest
from tradingsite.testing.api import Caller
from tradingsite.testing.market import Market
from tradingsite.testing.people import make_account

KEY = {"Idempotency-Key": "once-1"}


def test_the_same_key_gives_the_same_answer_and_acts_no_second_time(caller, new_bot):
    first, again = caller.post("bots/", new_bot, **KEY), caller.post("bots/", new_bot, **KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Location"] == first.headers["Location"]
    assert [answer.headers.get("Idempotent-Replayed") for answer in (first, again)] == [None, "true"]
    assert Bot.objects.count() == 1


def test_the_order_of_fields_makes_no_other_request(caller, new_bot):
    caller.post("bots/", new_bot, **KEY)
    assert caller.post("bots/", dict(reversed(new_bot.items())), **KEY).headers["Idempotent-Replayed"] == "true"


def test_the_same_key_with_another_body_is_refused(caller, new_bot):
    caller.post("bots/", new_bot, **KEY)
    refused = caller.post("bots/", new_bot | {"name": "Other"}, **KEY)
    assert refused.status_code == 422
    assert refused.json()["code"] == "idempotency_key_reused"
    assert Bot.objects.count() == 1


def test_an_error_leaves_the_key_free(caller, new_bot):
    assert caller.post("bots/", new_bot | {"timeframe": "2m"}, **KEY).status_code == 400
    assert caller.post("bots/", new_bot, **KEY).status_code == 201


def test_keys_of_different_users_never_meet(caller, new_bot):
    other = make_account()
    caller.post("bots/", new_bot, **KEY)
    assert Caller(other.owner).post("bots/", new_bot | {"account": other.pk}, **KEY).status_code == 201
    assert Bot.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x" * 101, "a\tb", "ключ"])
def test_a_key_that_is_none_is_refused(caller, new_bot, key):
    answer = caller.post("bots/", new_bot, **{"Idempotency-Key": key})
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert not Bot.objects.exists()


def test_answers_are_forgotten_after_a_day(caller, new_bot):
    caller.post("bots/", new_bot, **KEY)
    assert idempotency_sweep() == 0
    IdempotentRequest.objects.update(created=timezone.now() - timedelta(hours=25))
    assert idempotency_sweep() == 1


@pytest.mark.django_db(transaction=True)
def test_duplicates_at_the_same_time_make_one_bot():
    Market()
    account = make_account()
    body = {"account": account.pk, "product": "BTC-USD", "name": "New", "strategy": "ma_cross"}
    callers, together = [Caller(account.owner) for _ in range(4)], Barrier(4)

    def create(caller):
        try:
            together.wait(10)
            return caller.post("bots/", body, **KEY)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(create, callers))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Bot.objects.count() == 1
