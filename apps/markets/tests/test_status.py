"""How the stream is doing: for pages, the command line and the API; and its switch."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.markets.condition import Condition, condition_store, feeds_heard, stream_switch
from apps.markets.models import Feed, MarketSession, StreamState
from apps.markets.selectors import stream_wanted
from apps.markets.services import feed_place
from apps.markets.status import stream_status
from apps.markets.tests.markets import START, bars, product, session
from apps.operations.models import AuditEntry, Ownership

pytestmark = pytest.mark.django_db


@pytest.fixture
def live(clock):
    """A live session with BTC-USD heard now and ETH-USD heard a minute ago."""
    made = session("coinbase", simulated=False)
    for symbol in ("BTC-USD", "ETH-USD"):
        feed_place(session=made, product=product("coinbase", symbol), starts=START, history=bars(1))
    Ownership.objects.create(name="stream:coinbase", beat=timezone.now())
    Feed.objects.filter(product__symbol="ETH-USD").update(heard=timezone.now() - timedelta(seconds=60))
    feeds_heard(made, ["BTC-USD"])
    told = {"BTC-USD": {"price": 101.5, "bid": "101.4", "ask": "101.6"}, "ETH-USD": {}}
    condition_store("coinbase", Condition(connected=True, heard=timezone.now(), rate=12.5, products=told))
    return made


def test_it_tells_connection_products_and_ages(live, clock):
    clock.shift(2)
    status = stream_status("coinbase")
    assert (status.word, status.simulated, status.age, status.rate) == ("live", False, 2, 12.5)
    btc, eth = status.products
    assert (btc.symbol, btc.state, btc.age, btc.price, btc.bid, btc.ask) == (
        "BTC-USD", "live", 2, "101.5", "101.4", "101.6",
    )  # fmt: skip
    assert (eth.symbol, eth.state, eth.age) == ("ETH-USD", "stale", 62)
    assert (btc.shown, eth.shown["bid"]) == ({"price": "101.50", "bid": "101.40", "ask": "101.60"}, "n/a")
    assert status.oldest == 62
    assert status.as_dict()["products"][1]["state"] == "stale"


def test_a_product_that_is_no_longer_streamed_is_not_shown(live):
    condition_store("coinbase", Condition(connected=True, products={"BTC-USD": {}}))
    assert [each.symbol for each in stream_status("coinbase").products] == ["BTC-USD"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda: None, "live"),
        (lambda: StreamState.objects.update(connected=False), "connecting"),
        (lambda: StreamState.objects.update(wanted=False), "stopped"),
        (lambda: Ownership.objects.update(beat=timezone.now() - timedelta(seconds=11)), "not running"),
        (lambda: Ownership.objects.all().delete(), "not running"),
    ],
)
def test_one_word_says_it(live, change, word):
    change()
    assert stream_status("coinbase").word == word


def test_a_venue_that_never_played_has_a_status_too():
    status = stream_status("coinbase")
    assert (status.word, status.products, status.age) == ("not running", [], None)


def test_a_recording_is_never_stale(live):
    MarketSession.objects.update(simulated=True)
    assert {each.state for each in stream_status("coinbase").products} == {"live"}


def test_the_switch_is_kept_and_audited():
    assert stream_wanted("coinbase")
    stream_switch(venue="coinbase", wanted=False, by=None, reason=" a doubt ")
    assert not stream_wanted("coinbase")
    condition_store("coinbase", Condition())  # what the stream says of itself does not switch it on
    assert not stream_wanted("coinbase")
    stream_switch(venue="coinbase", wanted=True, by=None, reason="over")
    assert stream_wanted("coinbase")
    entries = AuditEntry.objects.order_by("pk").values_list("action", "target_label", "reason", "actor_label")
    assert list(entries) == [
        ("stream.stop", "coinbase", "a doubt", "system"), ("stream.start", "coinbase", "over", "system"),
    ]  # fmt: skip


def test_the_command_switches_and_tells(live):
    said = StringIO()
    call_command("stream", "stop", market="coinbase", reason="a doubt", stdout=said)
    call_command("stream", "status", market="coinbase", stdout=said)
    call_command("stream", "start", market="coinbase", reason="over", stdout=said)
    call_command("stream", "status", "--json", market="coinbase", stdout=said)
    lines = said.getvalue().splitlines()
    assert lines[:2] == ["the stream of coinbase is to rest", "coinbase: stopped"]
    assert lines[2].split() == ["BTC-USD", "live", "age", "0", "s", "price", "101.5"]
    assert '"word": "live"' in said.getvalue()


def test_a_switch_needs_a_reason():
    with pytest.raises(CommandError, match="reason must say why, was empty"):
        call_command("stream", "stop", market="coinbase")
    assert stream_wanted("coinbase")
