"""The pages on market data: everybody who is signed in sees the market he trades on."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.markets.candles import DAY
from apps.markets.condition import DayCounts, Unbelieved, day_count, feeds_heard
from apps.markets.models import Feed, StreamState
from apps.markets.quality import series_quality
from apps.markets.services import event_commit, feed_place
from apps.markets.sources import Bar, SourceEvent
from apps.markets.sources.coinbase.history import history_store
from apps.markets.tests.markets import START, bars, product, session
from apps.operations.models import AuditEntry
from engine.kinds import EventKind
from tradingsite.testing.operators import make_operator
from tradingsite.testing.people import make_account

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]
MINUTE = 60


@pytest.fixture
def feed():
    """A live BTC-USD of ten minutes of history, then one minute traded, one silent; a trade nobody believed."""
    made, btc = session("coinbase", simulated=False), product("coinbase")
    history = bars(10, start=START - 600)
    history_store(made, btc, {60: history})
    feed_place(session=made, product=btc, starts=START, history=history)
    doubted = Unbelieved(7, datetime.fromtimestamp(START, UTC), Decimal("55555"), Decimal("0.001"), 10_000.0)
    events = [
        (SourceEvent("BTC-USD", EventKind.BAR, START, Bar(1, 2, 1, 2, 0)), DayCounts(9, 1, 2, 3, 4, [doubted])),
        (SourceEvent("BTC-USD", EventKind.TIME, START + MINUTE, None), DayCounts()),
        (SourceEvent("BTC-USD", EventKind.BAR, START + 3 * MINUTE, Bar(2, 2, 2, 2, 5)), DayCounts(1)),
    ]  # fmt: skip
    for event, counts in events:
        event_commit(session=made, product=btc, event=event)
        day_count(made, btc, date(2020, 2, 10), counts, event=event, backfilled=counts.gaps > 0)
    return Feed.objects.select_related("product", "session").get()


@pytest.fixture
def owner(client):
    account = make_account(venue="coinbase")
    client.force_login(account.owner)
    return account.owner


def test_quality_counts_what_bars_lack_and_what_was_streamed(feed):
    found = series_quality(feed, MINUTE, days=1)
    assert (found.bars.bars, found.bars.missing, found.missing) == (2, 2, 1)  # one of two was silent, not missing
    assert found.zero_volume == 1
    counted = found.counted
    assert (counted.trades, counted.minutes, counted.empty, counted.backfilled) == (10, 3, 1, 1)
    assert (counted.gaps, counted.lost, counted.duplicates, counted.late, counted.quarantined) == (1, 2, 3, 4, 1)
    assert found.sources == ["stream"]
    week = series_quality(feed, MINUTE, days=7)
    assert (week.bars.bars, week.sources) == (12, ["coinbase REST", "stream"])
    told = week.as_dict()
    assert (told["product"], told["venue"], told["counted"]["late"], told["bars"]["bars"]) == (
        "BTC-USD", "coinbase", 4, 12,
    )  # fmt: skip


def test_a_series_without_bars_is_unknown_not_zero(feed):
    found = series_quality(feed, DAY, days=1)
    assert (found.bars, found.missing, found.as_dict()["bars"]) == (None, None, None)


def test_an_owner_reads_the_quality_of_his_market(client, owner, feed):
    text = client.get(reverse("markets:quality")).text
    assert "BTC-USD" in text
    assert "coinbase REST, stream" in text
    page = client.get(reverse("markets:series", args=["BTC-USD"]), {"days": "1", "timeframe": "1m"}).text
    assert "2 bars, 1 missing; in 1 more minutes nobody traded" in page
    assert "55,555.00" in page  # what was not believed


@pytest.mark.parametrize("query", [{"days": "5"}, {"timeframe": "2m"}, {"days": "x", "timeframe": ""}])
def test_a_window_that_does_not_exist_is_refused_by_name(client, owner, feed, query):
    for address in (reverse("markets:quality"), reverse("markets:series", args=["BTC-USD"])):
        answer = client.get(address, query)
        assert answer.status_code == 400
        assert "Select a valid choice" in answer.text or "This field is required" in answer.text


def test_an_unknown_product_is_404(client, owner, feed):
    assert client.get(reverse("markets:series", args=["NOPE-USD"])).status_code == 404


def test_a_live_market_shows_its_age_and_no_banner(client, owner, feed):
    feeds_heard(feed.session, ["BTC-USD"])
    feed.session.title = "Coinbase live data"
    feed.session.save()
    text = client.get(reverse("markets:stream")).text
    assert "Simulated market" not in text
    assert "Coinbase live data" in text
    assert re.search(r'data-v="market.age">\d\u00a0s<', text)  # a page takes as long as it takes
    assert 'class="market late"' not in text
    Feed.objects.update(heard=timezone.now() - timezone.timedelta(seconds=75))
    text = client.get(reverse("markets:stream")).text
    assert 'class="market late"' in text
    assert re.search(r'data-v="market.age">1\u00a0min (1[5-9]|2\d)\u00a0s<', text)
    assert "stale" in text


def test_a_stranger_on_another_market_sees_his_own(client, feed):
    client.force_login(make_account(venue="replay").owner)
    text = client.get(reverse("markets:quality")).text
    assert "BTC-USD" not in text
    assert "Simulated market" in text


def test_who_is_no_operator_finds_no_switch(client, owner, feed):
    StreamState.objects.create(venue="coinbase")
    assert "Start or stop" not in client.get(reverse("markets:stream")).text
    assert client.get(reverse("admin:markets_streamstate_changelist")).status_code in (302, 403)


def test_an_operator_stops_and_starts_the_stream_with_a_reason(client, feed):
    state = StreamState.objects.create(venue="coinbase")
    operator = make_operator()
    client.force_login(operator)
    assert "Start or stop" in client.get(reverse("markets:stream")).text
    address = reverse("admin:markets_streamstate_changelist")
    for deed, wanted in (("stop_stream", False), ("start_stream", True)):
        chosen = {"action": deed, "_selected_action": [state.pk]}
        assert "Why" in client.post(address, chosen).text
        client.post(address, {**chosen, "confirmed": "yes", "reason": "a doubt"})
        state.refresh_from_db()
        assert state.wanted == wanted
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "actor_label", "reason")) == [
        ("stream.stop", str(operator), "a doubt"), ("stream.start", str(operator), "a doubt"),
    ]  # fmt: skip
