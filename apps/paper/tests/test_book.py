"""Paper orders meet the stored events of the market, each once, from their arrival on."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection, transaction

from apps.markets.models import Feed, Product
from apps.markets.sources import MINUTE
from apps.paper.exchange import PaperExchange
from apps.paper.models import PaperBook, PaperFill, PaperOrder
from apps.paper.services import book_clear
from engine.kinds import EventKind, OrderKind
from engine.orders.states import OrderState
from exchanges.port import NewOrder, Rejected
from tradingsite.testing.market import Market, make_product
from tradingsite.testing.people import make_account

D = Decimal
OPEN, BAR, TIME = EventKind.OPEN, EventKind.BAR, EventKind.TIME


class Book:
    """An account at the paper exchange and its market; nothing is settled unless the test asks."""

    def __init__(self, **account):
        self.market = Market(make_product(), make_product("ETH-USD"))
        self.account = make_account(**account)
        self.exchange = PaperExchange(self.account)

    def commit(self, kind, *prices, symbol="BTC-USD"):
        (product,) = [each for each in self.market.products if each.symbol == symbol]
        self.market.commit(product, kind, prices)

    def bar(self, *prices):
        """Commits OPEN and BAR of a minute: open, high, low, close, volume."""
        self.commit(OPEN, *prices)
        self.commit(BAR, *prices)
        self.market.now += MINUTE

    def place(self, side="buy", kind=OrderKind.MARKET, quantity="1", symbol="BTC-USD", **prices):
        exact = {name: D(price) for name, price in prices.items()}
        if side == "buy":
            exact.setdefault("funds", D(10_000))
        order = NewOrder(client_order_id=uuid4(), symbol=symbol, side=side, kind=kind, quantity=D(quantity), **exact)
        self.exchange.place(order)
        return order.client_order_id

    def fills(self):
        self.exchange.catch_up()
        return [(fill.price, fill.quantity, fill.reason) for fill in self.exchange.fills_since(0)]

    def state(self, key):
        return self.exchange.reports([key])[0].state


@pytest.fixture
def book(db):
    return Book()


def test_an_order_never_meets_the_event_it_arrived_after(book):
    book.commit(OPEN, 100)
    book.place("sell", OrderKind.BRACKET, stop_price="95", limit_price="105")
    assert book.fills() == []
    book.commit(BAR, 100, 101, 94, 96, 5)
    assert book.fills() == [(95, 1, "stop")]


def test_an_order_that_arrives_after_a_bar_waits_for_the_next_open(book):
    book.bar(100, 120, 80, 100, 5)
    book.place("sell", OrderKind.BRACKET, stop_price="95", limit_price="105")
    assert book.fills() == []
    book.commit(OPEN, 94)
    assert book.fills() == [(94, 1, "stop")]


def test_the_stop_comes_first_inside_a_bar(book):
    book.bar(100, 100, 100, 100, 5)
    book.place("sell", OrderKind.BRACKET, stop_price="95", limit_price="105")
    book.bar(100, 110, 90, 108, 5)
    assert book.fills() == [(95, 1, "stop")]


def test_every_missed_event_is_matched_in_its_order(book):
    book.bar(100, 100, 100, 100, 5)
    first = book.place(kind=OrderKind.LIMIT, limit_price="98")
    second = book.place(kind=OrderKind.LIMIT, limit_price="96")
    for low in (99, 97, 95):
        book.bar(100, 100, low, 100, 5)
    assert book.fills() == [(98, 1, "limit"), (96, 1, "limit")]
    times = list(PaperFill.objects.order_by("pk").values_list("time", flat=True))
    assert times == [book.market.now - MINUTE, book.market.now]
    assert (book.state(first), book.state(second)) == (OrderState.FILLED, OrderState.FILLED)


def test_a_minute_without_trades_fills_nothing(book):
    book.bar(100, 100, 100, 100, 5)
    key = book.place()
    book.commit(TIME)
    book.market.now += MINUTE
    assert (book.fills(), book.state(key)) == ([], OrderState.OPEN)
    book.commit(OPEN, 103)
    assert book.fills() == [(103, 1, "market")]


def test_matching_twice_fills_once(book):
    book.bar(100, 100, 100, 100, 5)
    book.place()
    book.commit(OPEN, 101)
    for _ in range(3):
        PaperExchange(book.account).catch_up()
    assert PaperFill.objects.count() == 1


def test_the_fill_names_its_event_and_its_market_time(book):
    book.bar(100, 100, 100, 100, 5)
    book.place()
    book.commit(OPEN, 101)
    book.exchange.catch_up()
    (fill,) = book.exchange.fills_since(0)
    assert fill.position == Feed.objects.get(product=book.market.product).position
    assert fill.at.timestamp() == book.market.now


def test_fees_and_slippage_are_the_accounts(book):
    account = make_account(slippage="0.001")
    account.fee_maker, account.fee_taker = D("0.005"), D("0.009")
    account.save()
    book.exchange = PaperExchange(account)
    book.bar(100, 100, 100, 100, 5)
    book.place()
    book.place(kind=OrderKind.LIMIT, limit_price="95")
    book.bar(100, 100, 90, 100, 5)
    book.exchange.catch_up()
    taken, made = book.exchange.fills_since(0)
    assert (taken.price, taken.fee, taken.maker) == (D("100.1"), D("100.1") * D("0.009"), False)
    assert (made.price, made.fee, made.maker) == (95, D("0.475"), True)


def test_books_of_products_and_accounts_do_not_mix(book):
    other = PaperExchange(make_account())
    book.bar(100, 100, 100, 100, 5)
    book.commit(OPEN, 10, symbol="ETH-USD")
    key = book.place(quantity="2")
    book.place(symbol="ETH-USD", quantity="3")
    book.commit(OPEN, 100)
    assert book.fills() == [(100, 2, "market")]
    assert (other.fills_since(0), other.reports([key]), other.cancel(key)) == ([], [], None)
    assert book.state(key) == OrderState.FILLED


@pytest.mark.parametrize("resting", [[], ["BTC-USD"], ["ETH-USD"], ["BTC-USD", "ETH-USD"]])
def test_it_catches_up_with_each_product_by_itself(book, resting):
    book.bar(100, 100, 100, 100, 5)
    book.commit(OPEN, 10, symbol="ETH-USD")
    for symbol in resting:
        book.place("sell", OrderKind.STOP, stop_price="1", symbol=symbol, quantity="3")
    for symbol in ("BTC-USD", "BTC-USD", "ETH-USD"):
        before = book.exchange.catch_up()
        book.commit(TIME, symbol=symbol)
        book.market.now += MINUTE
        reached = dict(Feed.objects.values_list("product__symbol", "position"))
        assert book.exchange.catch_up() == reached
        assert [each for each in reached if reached[each] != before[each]] == [symbol]


def test_an_order_meets_the_market_again_after_a_quiet_time(book):
    """A book without orders does not walk along; the next order must not meet what happened meanwhile."""
    book.bar(100, 100, 100, 100, 5)
    book.place()
    book.bar(101, 101, 101, 101, 5)
    assert len(book.fills()) == 1
    for _ in range(5):
        book.bar(90, 90, 90, 90, 5)
    book.place("sell", OrderKind.STOP, stop_price="95")
    assert len(book.fills()) == 1


def test_a_product_that_is_not_online_takes_no_orders(book):
    book.bar(100, 100, 100, 100, 5)
    Product.objects.update(status="halted")
    with pytest.raises(Rejected, match="product must be online, was halted"):
        book.place()


def test_a_cleared_book_has_no_open_order(book):
    book.bar(100, 100, 100, 100, 5)
    book.place(kind=OrderKind.LIMIT, limit_price="50")
    book_clear(account=book.account)
    assert not PaperOrder.objects.filter(status="open").exists()


def test_the_same_order_from_two_senders_at_once_is_one_order(transactional_db):
    book = Book()
    book.bar(100, 100, 100, 100, 5)
    order = NewOrder(
        client_order_id=uuid4(), symbol="BTC-USD", side="buy", kind=OrderKind.MARKET, quantity=D(1), funds=D(200)
    )
    barrier = threading.Barrier(4)

    def send():
        try:
            barrier.wait()
            return PaperExchange(book.account).place(order)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        reports = [future.result() for future in [pool.submit(send) for _ in range(4)]]
    assert len({report.exchange_order_id for report in reports}) == 1
    assert PaperOrder.objects.count() == 1


def test_an_order_that_waits_for_its_book_arrives_after_what_the_book_has_matched(transactional_db):
    """Whoever holds the book meanwhile may match an event of which the sender has not heard."""
    book = Book()
    book.bar(100, 100, 100, 100, 5)
    book.place("sell", OrderKind.STOP, stop_price="1")

    def send():
        try:
            return book.place("sell", OrderKind.STOP, stop_price="2")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            PaperBook.objects.select_for_update().get()
            sent = pool.submit(send)
            wait_until_blocked(sent)
            book.commit(OPEN, 100)
            book.exchange.catch_up()
        sent.result()
    assert PaperOrder.objects.last().arrival == PaperBook.objects.get().position == Feed.objects.first().position


def test_an_order_that_is_being_placed_is_not_left_behind(transactional_db):
    """The market moves on while the sender has read it and not yet committed: whoever reads then waits for it."""
    book = Book()
    book.bar(100, 100, 100, 100, 5)
    book.place()
    book.bar(100, 100, 100, 100, 5)
    assert len(book.fills()) == 1

    def read():
        try:
            book.commit(OPEN, 94)
            return book.exchange.catch_up()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            book.place("sell", OrderKind.STOP, stop_price="95")
            reached = pool.submit(read)
            wait_until_blocked(reached)
        assert reached.result()["BTC-USD"] == PaperBook.objects.get().position
    assert len(book.exchange.fills_since(0)) == 2


def test_fills_of_two_products_are_numbered_as_they_are_committed(transactional_db):
    """Who has read a fill reads on from its number: a lower one that came later would never be found."""
    book = Book()
    book.bar(100, 100, 100, 100, 5)
    book.commit(OPEN, 10, symbol="ETH-USD")
    first, second = book.place(), book.place(symbol="ETH-USD")
    book.market.now += MINUTE
    book.commit(OPEN, 100)
    book.commit(OPEN, 10, symbol="ETH-USD")

    def cancel():
        try:
            book.exchange.cancel(second)
            return book.exchange.fills_since(0)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            book.exchange.cancel(first)
            read = pool.submit(cancel)
            wait_until_blocked(read)
        seen = read.result()
    seen += book.exchange.fills_since(seen[-1].cursor)
    assert {fill.client_order_id for fill in seen} == {first, second}


def wait_until_blocked(work):
    """Waits until another connection to this database waits for a lock, or its work is done."""
    blocked = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while not (work.done() or cursor.execute(blocked).fetchone()):
            assert time.monotonic() < deadline
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the first answer again and again
            time.sleep(0.01)


def test_it_has_not_caught_up_with_what_happens_while_it_looks(book, monkeypatch):
    """An order that comes meanwhile is in no book it has seen: it must not count as matched with a later event."""
    book.bar(100, 100, 100, 100, 5)
    before = dict(Feed.objects.values_list("product__symbol", "position"))
    locked = book.exchange._locked

    def race(books):
        found = list(locked(books))
        monkeypatch.undo()
        book.place()
        book.commit(OPEN, 101)
        return found

    monkeypatch.setattr(book.exchange, "_locked", race)
    assert book.exchange.catch_up() == before
    assert book.fills() == [(101, 1, "market")]
