"""The market WebSocket against the stand-in and its faults."""

import threading
import time

import pytest

from exchanges.coinbase.addresses import Addresses
from exchanges.coinbase.records import Message, Refusal, Trade
from exchanges.coinbase.retry import Backoff
from exchanges.coinbase.socket import Lost, MarketSocket, Opened
from tradingsite.testing.coinbase import fake_coinbase
from tradingsite.testing.recorded import recorded_frames

WANTED = {"heartbeats": [], "market_trades": ["BTC-USD"]}
PATIENCE = 10  # seconds


class Listener:
    """Runs a socket in a thread and keeps what happens."""

    def __init__(self, addresses, silence=10.0):
        self.happened = []
        self.socket = MarketSocket(addresses, silence=silence, backoff=Backoff(first=0.01, longest=0.05))
        self.thread = threading.Thread(target=self.socket.run, args=[self.happened.append], daemon=True)

    def __enter__(self):
        self.socket.want(WANTED)
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.socket.close()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()

    def of(self, kind):
        return [each for each in list(self.happened) if isinstance(each, kind)]

    def prices(self):
        return [int(item.price) for message in self.of(Message) for item in message.items if isinstance(item, Trade)]

    def wait(self, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"waited too long, saw {self.happened[-5:]}"
            time.sleep(0.005)

    def connected(self, times=1):
        self.wait(lambda: len([m for m in self.of(Message) if m.channel == "heartbeats"]) >= 1)
        self.wait(lambda: self.socket.counts.connections >= times)


@pytest.fixture
def fake():
    with fake_coinbase("BTC-USD", "ETH-USD") as fake:
        yield fake


@pytest.fixture
def listener(fake):
    with Listener(fake.addresses) as listener:
        listener.wait(lambda: fake.socket.subscribed("market_trades"))
        yield listener


def test_it_subscribes_and_hands_over_what_comes(listener, fake):
    fake.trade("BTC-USD", "100")
    fake.trade("ETH-USD", "5")  # nobody asked for it
    fake.trade("BTC-USD", "101")
    listener.wait(lambda: listener.prices() == [100, 101])
    assert isinstance(listener.happened[0], Opened)
    assert [request["channel"] for request in fake.socket.requests] == ["heartbeats", "market_trades"]
    assert "product_ids" not in fake.socket.requests[0]


def test_products_come_and_go_on_a_connection_that_stands(listener, fake):
    listener.socket.want({"heartbeats": [], "market_trades": ["ETH-USD"], "ticker": ["ETH-USD"]})
    listener.wait(lambda: fake.socket.subscribed("ticker") == {"ETH-USD"})
    listener.wait(lambda: fake.socket.subscribed("market_trades") == {"ETH-USD"})
    assert fake.socket.connections == 1


@pytest.mark.parametrize("end", ["drop", "close"])
def test_it_connects_and_subscribes_again_whoever_ended_it(listener, fake, end):
    getattr(fake.socket, end)()
    listener.wait(lambda: listener.of(Lost))
    listener.wait(lambda: fake.socket.connections == 2 and fake.socket.subscribed("market_trades"))
    fake.trade("BTC-USD", "100")
    listener.wait(lambda: 100 in listener.prices())
    assert not listener.of(Lost)[0].gap


def test_silence_ends_a_connection_that_looks_open(fake):
    with Listener(fake.addresses, silence=0.3) as listener:
        listener.connected()
        fake.socket.silent = True
        listener.wait(lambda: listener.of(Lost))
        fake.socket.silent = False
        listener.wait(lambda: fake.socket.connections == 2)
    assert listener.of(Lost)[0].reason == "silent for 0.3 s"


def test_a_gap_ends_the_connection_and_is_counted(listener, fake):
    listener.connected()
    fake.socket.skip = 1
    listener.wait(lambda: listener.of(Lost))
    listener.wait(lambda: fake.socket.connections == 2)
    assert listener.of(Lost)[0].gap
    assert "came after" in listener.of(Lost)[0].reason
    assert listener.socket.counts.gaps == 1


def test_a_message_that_came_before_is_dropped_and_counted(listener, fake):
    listener.connected()
    fake.socket.duplicate = 3
    listener.wait(lambda: listener.socket.counts.old == 3)
    fake.trade("BTC-USD", "100")
    listener.wait(lambda: listener.prices() == [100])
    assert not listener.of(Lost)


def test_messages_out_of_order_are_a_gap(listener, fake):
    listener.connected()
    fake.socket.reorder = 1
    listener.wait(lambda: listener.of(Lost))
    assert listener.of(Lost)[0].gap


def test_it_goes_on_trying_while_nobody_answers():
    with Listener(Addresses(rest="", socket="ws://127.0.0.1:9")) as listener:
        listener.wait(lambda: len(listener.of(Lost)) >= 3)
    assert not listener.of(Opened)


def test_what_the_exchange_refuses_is_told(listener, fake):
    listener.socket.want({**WANTED, "ticker": ["NOPE-USD"]})
    listener.wait(lambda: listener.of(Refusal))
    assert listener.of(Refusal)[0].text == "NOPE-USD is not a valid product"


def test_it_ends_at_once_and_leaves_no_connection(fake):
    with Listener(fake.addresses) as listener:
        listener.connected()
        started = time.monotonic()
    assert time.monotonic() - started < 2
    listener.wait(lambda: not fake.socket.clients)


def test_a_recorded_connection_passes_through_whole(fake):
    fake.socket.playback = recorded_frames()
    with Listener(fake.addresses) as listener:
        listener.wait(lambda: len(listener.of(Message)) == len(fake.socket.playback))
        assert not listener.of(Lost)
        assert listener.socket.counts.unreadable == 0
