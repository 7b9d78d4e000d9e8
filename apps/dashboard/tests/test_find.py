"""Quick find: pages, own bots and markets by a few letters."""

import re

import pytest

from tradingsite.testing.people import make_account, make_bot

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client, market):
    account = make_account()
    bot = make_bot(account, market.product)
    bot.name = "Night watch"
    bot.save()
    client.force_login(account.owner)
    return account.owner


def labels(client, wanted: str) -> list[str]:
    page = client.get("/find/", {"q": wanted, "fragment": "results"}).content.decode()
    return re.findall(r'<span class="grow">([^<]+)</span>', page)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("positi", ["Positions"]),
        ("NIGHT", ["Night watch"]),
        ("watch btc", ["Night watch"]),
        ("btc-usd", ["Night watch", "BTC-USD"]),
        ("risk", ["Risk and limits"]),
        ("nothing like it", []),
    ],
)
def test_it_finds_by_parts_of_names_in_any_case(client, owner, wanted, found):
    assert labels(client, wanted) == found


def test_what_is_found_leads_to_its_page(client, owner):
    page = client.get("/find/?q=night").content.decode()
    address = re.search(r'<li><a href="(/bots/\d+/)">', page)
    assert address
    assert client.get(address[1]).status_code == 200


def test_a_market_leads_to_its_chart(client, owner):
    page = client.get("/find/", {"q": "btc-usd", "fragment": "results"}).content.decode()
    address = re.search(r'href="(/charts/[^"]+)"', page)
    assert address
    assert "BTC-USD" in client.get(address[1].replace("&amp;", "&")).content.decode()


def test_without_letters_it_offers_where_to_go(client, owner):
    assert {"Overview", "Night watch", "BTC-USD"} <= set(labels(client, ""))


def test_the_bots_of_others_are_not_found(client, owner):
    client.force_login(make_account().owner)
    assert labels(client, "night") == []


def test_what_was_typed_is_shown_as_text(client, owner):
    page = client.get("/find/", {"q": "<b>x</b>" * 100}).content.decode()
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "<b>x</b>" not in page
