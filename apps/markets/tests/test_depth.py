"""Order books and last trades: subscribed while somebody watches, told to those who do."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st

from apps.markets import watching
from apps.markets.models import Product
from apps.markets.sources.coinbase import depth as depths
from apps.markets.sources.coinbase.depth import Depth
from apps.markets.tests.coinbase import listening, until
from apps.markets.watching import LEVELS, Traded, View, announce_view, watch, watched
from exchanges.coinbase.records import BookChange, Level, Trade
from tradingsite.testing.market import make_product

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PRICES = st.integers(1, 40).map(Decimal)
CHANGES = st.lists(st.tuples(st.booleans(), PRICES, st.integers(0, 3).map(Decimal)), max_size=60)


def change(*levels: tuple[bool, Decimal, Decimal]) -> BookChange:
    """Levels of (whether it is a bid, price, size)."""
    sides = [tuple(Level(at, size) for bid, at, size in levels if bid is side) for side in (True, False)]
    return BookChange("BTC-USD", *sides)


def trade(number: int, maker: str = "SELL") -> Trade:
    return Trade("BTC-USD", number, Decimal(100 + number), Decimal("0.5"), NOON, maker)


@given(CHANGES, st.lists(CHANGES, max_size=5))
def test_the_book_is_what_the_changes_leave_best_first(whole, updates):
    depth = Depth()
    depth.snapshot(change(*whole))
    expected: dict[bool, dict[Decimal, Decimal]] = {True: {}, False: {}}
    for levels in (whole, *updates):
        if levels is not whole:
            depth.update(change(*levels))
        for bid, at, size in levels:
            expected[bid][at] = size
    left = {side: {at: size for at, size in levels.items() if size} for side, levels in expected.items()}
    assert depth.bids() == sorted(left[True].items(), reverse=True)[:LEVELS]
    assert depth.asks() == sorted(left[False].items())[:LEVELS]


def test_a_change_without_a_book_means_nothing_and_a_loss_forgets():
    depth = Depth()
    depth.update(change((True, Decimal(1), Decimal(1))))
    assert (depth.known, depth.changed, depth.bids()) == (False, False, [])
    depth.snapshot(change((True, Decimal(1), Decimal(1))))
    depth.changed = False
    depth.lose()
    assert (depth.known, depth.changed, depth.bids()) == (False, True, [])


def test_trades_count_once_and_say_who_took():
    depth = Depth()
    depth.trade([trade(1), trade(2, maker="BUY")])
    depth.trade([trade(2, maker="BUY"), trade(3)])
    assert [(each.number, each.buys) for each in depth.trades()] == [(3, True), (2, False), (1, True)]
    depth.trade(trade(number) for number in range(4, 100))
    assert [each.number for each in depth.trades()] == list(range(99, 99 - watching.TRADES, -1))


def test_it_tells_pages_formatted_numbers_the_spread_and_how_much_rests(db, monkeypatch):
    sent = []
    monkeypatch.setattr(watching, "send", lambda group, message: sent.append((group, message)))
    product = make_product()
    bids = [(Decimal("99.5"), Decimal(1)), (Decimal("99"), Decimal(3))]
    trades = [Traded(7, NOON.timestamp(), True, Decimal("99.6"), Decimal("0.25"))]
    announce_view(View(product, True, bids, [(Decimal("100.5"), Decimal(2))], trades))
    ((group, message),) = sent
    assert group == f"depth-{product.pk}"
    assert message["bids"] == [["99.50", "1.00000000", 25], ["99.00", "3.00000000", 100]]
    assert message["asks"] == [["100.50", "2.00000000", 100]]
    assert message["spread"] == "1.00\u00a0USD (1.000\u00a0%)"
    assert message["quotes"] == ["99.5", "100", "100.5"]
    assert message["trades"] == [[7, int(NOON.timestamp()), 1, "99.60", "0.25000000"]]
    announce_view(View(product, False, [], [], []))
    assert (sent[1][1]["spread"], sent[1][1]["quotes"], sent[1][1]["known"]) == ("", [], False)


def test_watching_counts_for_a_while(db):
    cache.clear()
    watched_one, other = make_product(), make_product("ETH-USD")
    watch(watched_one)
    assert watched([watched_one, other]) == {"BTC-USD"}
    cache.delete(f"watched-{watched_one.pk}")
    assert watched([watched_one, other]) == set()


@pytest.mark.django_db
@pytest.mark.usefixtures("heard")
def test_a_book_is_subscribed_while_somebody_watches_it(run, fake, monkeypatch):
    told: list[View] = []
    monkeypatch.setattr(depths, "LOOK", 0.05)
    monkeypatch.setattr("apps.markets.live.TICK", 0.05)
    monkeypatch.setattr("apps.markets.live.announce_view", told.append)
    cache.clear()

    def script():
        yield from listening(fake)
        assert not fake.socket.subscribed("level2")
        product = Product.objects.get(symbol="BTC-USD")
        watch(product)
        yield from until(lambda: fake.socket.subscribed("level2") == {"BTC-USD"})
        fake.socket.tell_book("BTC-USD", [("bid", "99", "1"), ("offer", "101", "2")], kind="snapshot")
        yield from until(lambda: told and told[-1].known)
        assert told[-1].trades[-1].price == 100  # of before somebody watched
        fake.trade("BTC-USD", "101", "0.5")
        yield from until(lambda: told[-1].trades[0].price == 101)
        fake.socket.tell_book("BTC-USD", [("offer", "101", "0"), ("offer", "102", "3")])
        yield from until(lambda: told[-1].asks == [(102, 3)])
        assert told[-1].bids == [(99, 1)]
        fake.socket.drop()
        yield from until(lambda: not told[-1].known)
        yield from until(lambda: fake.socket.subscribed("level2") == {"BTC-USD"})
        cache.clear()
        yield from until(lambda: fake.socket.subscribed("level2") == set())

    run(script())
