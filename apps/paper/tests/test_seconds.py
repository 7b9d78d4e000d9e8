"""Paper orders of a market that is matched by the second: they meet recorded seconds, and a minute where there are
none."""

from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.markets.models import Feed, SecondChunk
from apps.markets.seconds import HOUR, seconds_load, seconds_merge
from apps.markets.sources import MINUTE
from apps.paper.exchange import PaperExchange
from apps.paper.models import PaperBook, PaperFill, PaperOrder
from apps.paper.replay import replay
from apps.paper.tests.test_book import Book
from engine.kinds import EventKind, OrderKind
from engine.orders.states import OrderState
from tradingsite.testing.market import START, Market, make_product
from tradingsite.testing.people import make_account

D = Decimal
OPEN, BAR, TIME = EventKind.OPEN, EventKind.BAR, EventKind.TIME
FLAT = (100, 100, 100, 100, 5)


class SecondBook(Book):
    """An account on a market by the second. ``second`` records one of the minute in progress."""

    def __init__(self, **account):
        self.market = Market(make_product(), make_product("ETH-USD"), granularity=1)
        self.account = make_account(**account)
        self.exchange = PaperExchange(self.account)

    def second(self, at, *prices):
        """One price is all of them, with a volume of 1."""
        self.market.second(at, *(prices if len(prices) == 5 else (*prices * 4, 1)))

    def minute(self, *prices):
        """Closes the minute with its bar, or with silence."""
        self.commit(BAR if prices else TIME, *prices)
        self.market.now += MINUTE

    def times(self):
        """Of each fill: the second of the market, and the length of the bar that filled it."""
        self.exchange.catch_up()
        return [(time - START, bar) for time, bar in PaperFill.objects.order_by("pk").values_list("time", "bar")]


@pytest.fixture
def book(db):
    book = SecondBook()
    book.commit(OPEN, 100)
    book.second(0, 100)
    return book


def test_a_market_order_fills_at_the_open_of_the_next_second(book):
    book.place()
    assert book.fills() == []
    book.second(7, 101, 105, 101, 104, 2)
    assert book.fills() == [(101, 1, "market")]
    assert book.times() == [(7, 1)]


def test_an_order_never_meets_the_second_it_arrived_after(book):
    book.second(3, 100, 120, 80, 100, 5)
    book.place("sell", OrderKind.BRACKET, stop_price="95", limit_price="105")
    assert book.fills() == []
    book.second(4, 100, 104, 96, 100, 5)
    assert book.fills() == []
    book.minute(100, 120, 80, 100, 11)
    assert book.fills() == []
    assert PaperBook.objects.get().position == Feed.objects.get(product=book.market.product).position


def test_the_stop_comes_before_the_target_inside_a_second(book):
    book.place("sell", OrderKind.BRACKET, stop_price="95", limit_price="105")
    book.second(9, 100, 110, 90, 108, 5)
    assert (book.fills(), book.times()) == ([(95, 1, "stop")], [(10, 1)])


def test_seconds_say_which_of_stop_and_target_was_first(book):
    """By its minute the stop would have been hit first."""
    book.place("sell", OrderKind.BRACKET, stop_price="95", limit_price="105")
    book.second(9, 100, 106, 100, 106, 5)
    book.second(20, 100, 100, 90, 90, 5)
    book.minute(100, 106, 90, 90, 11)
    assert book.fills() == [(105, 1, "target")]


def test_what_was_cancelled_between_two_seconds_meets_the_first_alone(book):
    first = book.place("sell", OrderKind.STOP, stop_price="95")
    second = book.place("sell", OrderKind.STOP, stop_price="90")
    book.second(9, 94)
    assert book.exchange.cancel(second).state == OrderState.CANCELLED
    book.second(10, 80)
    assert book.fills() == [(94, 1, "stop")]
    assert (book.state(first), book.state(second)) == (OrderState.FILLED, OrderState.CANCELLED)


def test_seconds_that_come_late_are_met_in_their_order(book):
    """A lost connection is bridged: what was missed comes at once. The order stands where it arrived."""
    book.place(kind=OrderKind.LIMIT, limit_price="98")
    book.place(kind=OrderKind.LIMIT, limit_price="96")
    for at, price in ((10, 99), (11, 97), (30, 95)):
        book.second(at, price)
    assert book.fills() == [(98, 1, "limit"), (96, 1, "limit")]
    assert book.times() == [(11, 1), (30, 1)]


def test_the_first_trade_of_a_minute_is_met_with_its_second(book):
    book.minute(*FLAT)
    book.place()
    book.commit(OPEN, 103)
    assert book.fills() == []
    book.second(0, 103, 110, 103, 110, 1)
    assert (book.fills(), book.times()) == ([(103, 1, "market")], [(60, 1)])


def test_a_minute_without_seconds_is_met_as_a_minute_and_the_fill_says_so(book):
    book.minute(*FLAT)
    book.place()
    book.place("sell", OrderKind.STOP, stop_price="95")
    book.commit(OPEN, 103)
    book.minute(103, 104, 94, 100, 5)
    assert book.fills() == [(103, 1, "market"), (95, 1, "stop")]
    assert book.times() == [(60, 60), (120, 60)]
    assert [fill.bar for fill in book.exchange.fills_since(0)] == [60, 60]


def test_of_a_minute_that_lost_seconds_its_bar_tells_what_they_did_not_show(book):
    """The stream died after second 10; the minute came from REST."""
    book.place("sell", OrderKind.STOP, stop_price="95")
    book.place()
    book.second(10, 99)
    stays = book.place("sell", OrderKind.STOP, stop_price="92")
    waits = book.place()
    assert book.fills() == [(99, 1, "market")]
    book.minute(100, 100, 93, 98, 9)
    assert book.fills()[1:] == [(95, 1, "stop")]
    assert book.times() == [(10, 1), (60, 49)]
    assert (book.state(stays), book.state(waits)) == (OrderState.OPEN, OrderState.OPEN)


def test_prices_before_an_order_arrived_never_fill_it_when_seconds_are_lost(book):
    book.second(5, 100, 110, 90, 100, 5)
    book.place("sell", OrderKind.BRACKET, stop_price="95", limit_price="105")
    book.minute(100, 110, 90, 100, 50)
    assert book.fills() == []


def test_a_whole_minute_adds_nothing_to_its_seconds(book):
    book.place("sell", OrderKind.BRACKET, stop_price="95", limit_price="105")
    book.second(5, 101.1, 101.1, 101.1, 101.1, 0.1)
    book.second(50, 100.3, 100.3, 100.3, 100.3, 0.2)
    book.minute(100, 101.1, 100, 100.3, 1.3)
    assert book.fills() == []
    assert book.exchange.catch_up()["BTC-USD"] == Feed.objects.get(product=book.market.product).recorded


def test_a_feed_takes_each_second_once(book):
    book.place()
    for _ in range(2):
        book.second(5, 101)
        book.second(4, 90)  # too late: it went on without it
    assert book.fills() == [(101, 1, "market")]
    feed = Feed.objects.select_related("session", "product").get(product=book.market.product)
    assert seconds_load(feed.session, feed.product, start=0, end=2 * START)["time"].tolist() == [START, START + 5]


def test_chunks_are_put_together_by_the_minute_and_by_the_hour(book):
    for at in (3, 4, 30):
        book.second(at, 100 + at)
    feed = Feed.objects.select_related("session", "product").get(product=book.market.product)
    place = feed.session, feed.product
    before = seconds_load(*place, start=START, end=START + MINUTE)
    for length, chunks in ((MINUTE, 4), (HOUR, 1), (HOUR, 0)):
        assert seconds_merge(*place, START, length) == chunks
        assert SecondChunk.objects.count() == 1
        assert (seconds_load(*place, start=START, end=START + MINUTE) == before).all()
    assert seconds_load(*place, start=START + 4, end=START + 30)["time"].tolist() == [START + 4]


class Random:
    """A market and an account that do what they are told, one deed a second. A minute that lost seconds shows more."""

    def __init__(self):
        self.book, self.keys, self.seconds = SecondBook(), [], []

    def do(self, deed):
        match deed:
            case int(price):
                self.seconds.append(price)
                self.book.second(len(self.seconds) - 1, price)
            case (side, kind, price):
                prices = {OrderKind.LIMIT: {"limit_price": price}, OrderKind.STOP: {"stop_price": price}}.get(kind, {})
                self.keys.append(self.book.place(side, kind, **prices))
            case "read":
                self.book.exchange.catch_up()
            case "cancel" if self.keys:
                self.book.exchange.cancel(self.keys.pop(0))
            case "minute" | "loss":
                self.close(lost=deed == "loss")

    def close(self, *, lost):
        prices = [*self.seconds, 88, 112, 100] if lost else self.seconds
        bar = (prices[0], max(prices), min(prices), prices[-1], len(prices)) if prices else ()
        self.book.minute(*bar)
        self.seconds = []


PRICE = st.integers(90, 110)
KINDS = st.sampled_from([OrderKind.MARKET, OrderKind.LIMIT, OrderKind.STOP])
DEEDS = st.one_of(
    st.tuples(st.sampled_from(["buy", "sell"]), KINDS, PRICE),
    PRICE,
    st.sampled_from(["read", "cancel", "minute", "loss"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(DEEDS, max_size=40))
def test_what_was_matched_bit_by_bit_is_matched_the_same_at_one_go(db, deeds):
    played = Random()
    for deed in deeds:
        played.do(deed)
    played.book.exchange.catch_up()
    again = replay(played.book.account, played.book.market.session)
    assert again.is_same, again.differences
    assert len(again.recorded) == PaperFill.objects.filter(account=played.book.account).count()


def test_the_replay_says_what_minutes_would_have_done(book, capsys):
    book.place("sell", OrderKind.BRACKET, stop_price="95", limit_price="105")
    book.place("sell", OrderKind.STOP, stop_price="92")
    book.second(9, 100, 106, 100, 106, 5)
    book.second(20, 100, 100, 90, 90, 5)
    book.minute(100, 106, 90, 90, 11)
    late = book.place("sell", OrderKind.STOP, stop_price="80")
    assert len(book.fills()) == 2
    call_command("paper_replay", str(book.account.pk))
    told = capsys.readouterr().out
    assert "The replay gives the same 2 fills." in told
    # By its minute the stop comes first: 95 instead of 105, and 92 as it was.
    assert "0 orders would not have been filled, 0 more would have been; the others' prices differ by 4.7619%" in told
    assert book.state(late) == OrderState.OPEN


def test_a_replay_that_differs_is_told(book):
    book.place()
    book.second(9, 101)
    assert book.fills() == [(101, 1, "market")]
    PaperFill.objects.update(price=102)
    with pytest.raises(CommandError, match="The replay differs from the record"):
        call_command("paper_replay", str(book.account.pk))
    with pytest.raises(CommandError, match="account must be one whose market is open, was 0"):
        call_command("paper_replay", "0")


def test_an_order_that_was_edited_is_left_out_of_a_replay(book):
    key = book.place("sell", OrderKind.STOP, stop_price="95")
    book.exchange.edit(key, stop_price=D(99))
    book.second(9, 97)
    assert book.fills() == [(97, 1, "stop")]
    again = replay(book.account, book.market.session)
    assert (again.recorded, again.replayed, again.left_out) == ([], [], 1)
    assert PaperOrder.objects.get().arrival == PaperBook.objects.get().position - 18
