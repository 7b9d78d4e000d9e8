"""The Logs page: users read what concerns them, operators everything, nobody anything else."""

import json
import logging
import re

import pytest
import redis
from django.conf import settings
from django.urls import reverse

from apps.operations.logs.correlation import about
from apps.operations.logs.store import StoreHandler
from tradingsite.testing.operators import make_operator
from tradingsite.testing.people import make_account, make_bot, make_user

pytestmark = pytest.mark.django_db
LOGS = "/logs/"
logger = logging.getLogger("apps.orders.events")


@pytest.fixture(autouse=True)
def empty_store() -> None:
    flush()
    client = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter("logs:*"):
        client.delete(key)


def flush() -> None:
    for handler in logging.getLogger().handlers:
        if isinstance(handler, StoreHandler):
            handler.flush()


@pytest.fixture
def owner(client):
    owner = make_user()
    client.force_login(owner)
    return owner


def said(user=None, level: int = logging.INFO, text: str = "bought it", **concerned: int) -> None:
    extra = {**concerned, **({"user": user.pk} if user else {})}
    with about("cause-of-it"):
        logger.log(level, text, extra=extra)
    flush()


def text(client, query: str = "") -> str:
    return client.get(LOGS + query).content.decode()


def test_a_user_reads_the_own_lines_and_no_others(client, owner):
    said(owner, text="mine")
    said(make_user(), text="a stranger's")
    said(text="the platform's")
    page = text(client)
    assert "mine" in page
    assert "a stranger" not in page
    assert "the platform&#x27;s" not in page
    assert "Everybody’s" not in page


@pytest.mark.parametrize("query", ["", "?scope=all", "?q=stranger", "?fragment=rows"])
def test_no_query_leads_a_user_to_the_lines_of_others(client, owner, query):
    said(make_user(), text="a stranger's line")
    assert "a stranger&#x27;s line" not in text(client, query)
    assert "a stranger's line" not in client.get(f"{LOGS}download/{query}").content.decode()


def test_an_operator_reads_everything_and_the_own_on_request(client):
    operator = make_operator()
    client.force_login(operator)
    said(operator, text="of the operator")
    said(make_user(), text="of a user")
    assert "of a user" in text(client)
    assert "of a user" not in text(client, "?scope=own")
    assert "of the operator" in text(client, "?scope=own")


def test_staff_outside_the_group_of_operators_reads_the_own_alone(client):
    client.force_login(make_user(is_staff=True))
    said(make_user(), text="of a user")
    assert "of a user" not in text(client)


def test_a_line_shows_its_json_its_cause_and_its_bot(client, market):
    account = make_account()
    bot = make_bot(account, market.product)
    client.force_login(account.owner)
    said(account.owner, bot=bot.pk, order=12)
    page = text(client)
    assert "&quot;order&quot;: 12" in page
    assert 'data-copy="cause-of-it"' in page
    assert f'<a class="btn small" href="{reverse("bots:detail", args=[bot.pk])}">{bot.name}</a>' in page
    assert "bought it" in text(client, "?q=cause-of-it")


def test_levels_are_counted_and_chosen(client, owner):
    said(owner)
    said(owner, logging.WARNING, "refused")
    said(owner, logging.ERROR, "vanished")
    page = text(client)
    counts = re.findall(r"(All|Information|Warnings|Errors)&nbsp;<span class=\"num\">(\d+)", page)
    assert counts == [("All", "3"), ("Information", "3"), ("Warnings", "2"), ("Errors", "1")]
    chosen = text(client, "?level=WARNING")
    assert "vanished" in chosen
    assert "bought it" not in chosen


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?level=LOUD", "Level must be INFO, WARNING or ERROR, was LOUD."),
        ("?bot=x", "Bot must be a number."),
        ("?bot=0", "Bot must be at least 1, was 0."),
    ],
)
def test_a_bad_filter_is_named_and_the_page_still_comes(client, owner, query, words):
    answer = client.get(LOGS + query)
    assert answer.status_code == 400
    assert words in answer.content.decode()


@pytest.mark.parametrize("query", ["?before=yesterday", "?after=1-2-3", "?before=1)"])
def test_a_place_that_is_none_is_a_bad_request(client, owner, query):
    assert client.get(LOGS + query).status_code == 400


def test_the_file_has_the_lines_of_the_filter_oldest_first(client, owner):
    for number in range(60):
        said(owner, text=f"line {number}")
    said(owner, logging.ERROR, "vanished")
    answer = client.get(f"{LOGS}download/?source=orders")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="logs.jsonl"'
    lines = [json.loads(line)["message"] for line in answer.content.decode().splitlines()]
    assert lines == [*(f"line {number}" for number in range(60)), "vanished"]


def test_the_next_page_goes_on_where_this_one_ends(client, owner):
    for number in range(60):
        said(owner, text=f"line-{number}-")
    older = re.search(r'href="([^"]*before=[^"]*)"', text(client))
    assert older
    page = client.get(older[1].replace("&amp;", "&")).content.decode()
    assert "line-9-" in page
    assert "line-10-" not in page


def test_following_is_off_until_it_is_asked_for(client, owner):
    said(owner)
    assert 'role="log"' not in text(client)
    page = text(client, "?tail=1")
    assert 'role="log"' in page
    assert "data-tail=" in page


def test_errors_are_counted_in_the_side_bar_until_the_page_was_looked_at(client, owner):
    overview = reverse("dashboard:overview")
    assert 'class="count"' not in client.get(overview).content.decode()
    said(owner, logging.ERROR, "vanished")
    assert '<b class="count">1' in client.get(overview).content.decode()
    client.get(LOGS)
    assert 'class="count"' not in client.get(overview).content.decode()


def test_without_its_store_the_page_says_so(client, owner, monkeypatch):
    monkeypatch.setattr("apps.operations.logs.reading._client", lambda: redis.Redis.from_url("redis://127.0.0.1:1"))
    assert "The store of the logs does not answer" in text(client)
