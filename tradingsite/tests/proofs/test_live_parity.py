"""A stretch of the live market, recorded by the stream while orders came and went, gives the same fills once more.

A local stand-in for Coinbase trades at random; trades are lost and connections break. Orders of every kind are placed
and cancelled meanwhile. What the paper exchange did bit by bit, a replay of the recorded seconds does in one go.
"""

import random
import time
from decimal import Decimal
from uuid import uuid4

import pytest

from apps.markets import registry
from apps.markets.live import LiveStream
from apps.markets.models import Feed, MarketSession, SeriesDay
from apps.markets.sources import coinbase
from apps.markets.sources.coinbase import CoinbaseSource
from apps.markets.sources.coinbase.settings import Options
from apps.operations.ownership import Owner
from apps.paper.exchange import PaperExchange
from apps.paper.models import PaperOrder
from apps.paper.replay import replay
from engine.events import MINUTE, event_second
from engine.kinds import OrderKind
from exchanges.coinbase.budget import LocalBudget
from exchanges.coinbase.rest import MarketClient
from exchanges.coinbase.retry import Backoff
from exchanges.port import NewOrder
from tradingsite.testing.coinbase import fake_coinbase
from tradingsite.testing.people import make_account
from tradingsite.testing.processes import streams, wait_until

NOON = 1_800_014_400
MINUTES = 5
PATIENCE = 60
SEED = 7


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(coinbase, "LOOK", 0.05)
    monkeypatch.setattr("apps.markets.live.RECORD", 0.0)
    monkeypatch.setattr("apps.markets.sources.coinbase.series.SETTLING", 1.0)
    for name in ("on_event", "on_seconds", "is_settled"):
        monkeypatch.setattr(registry, name, [])
    with fake_coinbase("BTC-USD", time=NOON - 30.0) as fake:
        fake.tape.remember("BTC-USD", [(NOON - MINUTE * back, "100") for back in range(1, 100)])
        fake.trade("BTC-USD", "100")
        fake.tape.pass_time(30)
        yield fake


class Trader:
    """Places and cancels at random, near the price."""

    def __init__(self, chance):
        self.chance, self.exchange = chance, PaperExchange(make_account(venue="coinbase", slippage="0.0001"))
        self.keys = []

    def act(self, price):
        if self.keys and self.chance.random() < 0.3:
            self.exchange.cancel(self.keys.pop(self.chance.randrange(len(self.keys))))
        kind = self.chance.choice([OrderKind.MARKET, OrderKind.LIMIT, OrderKind.STOP, OrderKind.BRACKET])
        side = "sell" if kind == OrderKind.BRACKET else self.chance.choice(["buy", "sell"])
        toward = 1 if side == "buy" else -1
        near = Decimal(self.chance.randint(1, 40)) / 100
        limit, stop = price - toward * near, price + toward * near
        order = NewOrder(
            client_order_id=uuid4(), symbol="BTC-USD", side=side, kind=kind, quantity=Decimal("0.05"),
            limit_price=limit if kind in (OrderKind.LIMIT, OrderKind.BRACKET) else None,
            stop_price=stop if kind in (OrderKind.STOP, OrderKind.BRACKET) else None,
            funds=Decimal(10) if side == "buy" else None,
        )  # fmt: skip
        self.exchange.place(order)
        self.keys.append(order.client_order_id)


def script(fake, trader, chance):
    """Yields while the stream is to go on."""
    yield from until(lambda: fake.socket.subscribed("ticker"))
    price, losses = Decimal(100), {70: "trade", 130: "connection", 200: "trade"}
    for second in range(MINUTES * MINUTE):
        price += Decimal(chance.randint(-15, 15)) / 100
        for _ in range(chance.randint(0, 2)):
            fake.trade("BTC-USD", str(price), "0.01")
        if losses.get(second) == "trade":
            fake.trade("BTC-USD", str(price + 1), "0.5", told=False)
        elif losses.get(second) == "connection":
            fake.socket.drop()
            yield from until(lambda: fake.socket.subscribed("ticker"))
        if second % 7 == 0:
            trader.act(price)
        if second % 5 == 0:
            trader.exchange.catch_up()
        fake.tape.pass_time(1)
        yield False
    fake.tape.pass_time(5)
    last = NOON + MINUTES * MINUTE
    yield from until(lambda: Feed.objects.filter(market_time__gte=last).exists())


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        yield False


@pytest.mark.django_db
def test_a_recorded_stretch_gives_the_same_fills_again(fake):
    chance = random.Random(SEED)
    trader = Trader(chance)
    source = CoinbaseSource(
        Options(fake.addresses, products=("BTC-USD",), minutes=60),
        MarketClient(fake.addresses, LocalBudget(1000, 1000), timeout=(1, 1), attempts=1),
    )
    source.link.socket.backoff = Backoff(first=0.01, longest=0.05)
    owner = Owner("stream:coinbase")
    owner.acquire()
    played = script(fake, trader, chance)
    LiveStream(source, owner=owner, stopping=lambda: next(played, True)).run()
    owner.release()
    trader.exchange.catch_up()

    session = MarketSession.objects.get()
    again = replay(trader.exchange.account, session)
    assert again.is_same, again.differences
    by_second = [fill for fill in again.recorded if fill.bar == 1]
    assert len(by_second) >= 10
    assert {fill.reason for fill in by_second} >= {"market", "limit", "stop"}
    assert SeriesDay.objects.get().backfilled >= 1
    assert PaperOrder.objects.filter(status="cancelled", ended__isnull=False).exists()

    minutes = replay(trader.exchange.account, session, granularity=MINUTE)
    assert not minutes.is_same
    assert minutes.price_error > 0


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_an_order_misses_nothing_of_what_a_killed_stream_did_not_record(fake):
    """It rests while seconds are recorded, none are for a while, and another process takes over."""
    environ = {
        "MARKET": "coinbase", "COINBASE_PRODUCTS": "BTC-USD",
        "COINBASE_REST": fake.addresses.rest, "COINBASE_SOCKET": fake.addresses.socket,
    }  # fmt: skip
    with streams() as start:
        _kill_and_go_on(fake, lambda: start(**environ))


def _kill_and_go_on(fake, stream):
    process = stream()
    wait_until(lambda: fake.socket.subscribed("market_trades"))
    fake.trade("BTC-USD", "101")
    fake.tape.pass_time(5)
    fake.trade("BTC-USD", "102")
    wait_until(lambda: event_second(recorded()) == NOON)
    exchange = PaperExchange(make_account(venue="coinbase"))
    stops = [place(exchange, stop) for stop in ("101.5", "99", "90")]
    fake.tape.pass_time(1)
    fake.trade("BTC-USD", "101.4")
    fake.tape.pass_time(1)
    fake.trade("BTC-USD", "103")
    wait_until(lambda: event_second(recorded()) == NOON + 6)
    process.kill()
    process.wait()
    fake.tape.pass_time(1)
    fake.trade("BTC-USD", "95")
    for _ in range(120):  # more than a snapshot shows
        fake.trade("BTC-USD", "103", "0.001")
    fake.tape.pass_time(52)
    fake.trade("BTC-USD", "104")
    process = stream()
    wait_until(lambda: fake.socket.subscribed("market_trades"))
    fake.tape.pass_time(5)  # then REST knows the minute
    wait_until(lambda: Feed.objects.filter(market_time__gte=NOON + 60).exists())
    exchange.catch_up()
    fills = [
        (fill.client_order_id, fill.price, fill.at.timestamp() - NOON, fill.bar) for fill in exchange.fills_since(0)
    ]
    assert fills == [(stops[0], Decimal("101.4"), 6, 1), (stops[1], Decimal(99), 60, 53)]
    assert replay(exchange.account, MarketSession.objects.get()).is_same


def recorded():
    return Feed.objects.values_list("recorded", flat=True).first() or 0


def place(exchange, stop):
    order = NewOrder(
        client_order_id=uuid4(), symbol="BTC-USD", side="sell", kind=OrderKind.STOP, quantity=Decimal("0.1"),
        stop_price=Decimal(stop),
    )  # fmt: skip
    exchange.place(order)
    return order.client_order_id
