"""What was accepted is there after any end of the exchange, and what comes after goes on from it."""

import signal
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import requests
from coinbase.rest import RESTClient
from hypothesis import given, settings

from sandbox.clock import SECOND, VirtualClock, stamp
from sandbox.exchange import Exchange
from sandbox.feed import walks
from sandbox.products import shipped_products
from sandbox.rest.rows import fill_row, order_row, wallet_row
from sandbox.state.recall import begin, remember
from sandbox.state.store import Store
from sandbox.testing import START, USER, PlainHTTP, sandbox
from sandbox.tests.program import Program
from sandbox.tests.test_money import STEPS, check, do
from sandbox.tests.world import ANN, BOB, World
from sandbox.venue import Venue

SIDES = ("BUY", "SELL")


def truth(exchange):
    return exchange.admin("GET", f"/users/{USER}")


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state.db"


def place_all_kinds(client, exchange):
    """Open orders of every kind, some of them partly filled, and some that have ended."""
    end = stamp(START + 3600 * SECOND)
    client.market_order_buy("funds", "BTC-USD", quote_size="100")
    client.limit_order_gtc_buy("filled", "BTC-USD", "0.1", "61000")
    client.limit_order_gtc_buy("resting", "BTC-USD", "0.2", "59000")
    client.limit_order_gtc_sell("post", "BTC-USD", "0.1", "61000", post_only=True)
    client.limit_order_gtd_buy("dated", "BTC-USD", "0.1", "58000", end)
    client.stop_limit_order_gtc_sell("stop", "BTC-USD", "0.1", "57000", "57500", "STOP_DIRECTION_STOP_DOWN")
    client.trigger_bracket_order_gtc_sell("bracket", "BTC-USD", "0.1", "70000", "50000")
    entry = {"limit_limit_gtc": {"base_size": "0.1", "limit_price": "58500"}}
    exits = {"trigger_bracket_gtc": {"limit_price": "70000", "stop_trigger_price": "50000"}}
    client.create_order("entry", "BTC-USD", "BUY", entry, attached_order_configuration=exits)
    gone = client.limit_order_gtc_buy("gone", "BTC-USD", "0.1", "50000").success_response["order_id"]
    client.cancel_orders([gone])
    client.edit_order(exchange.orders()[2]["order_id"], size="0.3", price="59000")
    exchange.fault("thin", product="BTC-USD", share="0.0001")
    client.limit_order_gtc_buy("part", "BTC-USD", "1", "60100")


def test_everything_is_there_after_a_restart(state):
    with sandbox(state=state) as first:
        place_all_kinds(first.client(), first)
        before = truth(first)
    with sandbox(state=state, price=None) as second:
        assert truth(second) == before
        assert {order["status"] for order in before["orders"]} == {"FILLED", "OPEN", "CANCELLED"}
        assert [Decimal(order["filled_size"]) > 0 for order in before["orders"]][-1]


def test_what_waited_goes_on_after_a_restart(state):
    with sandbox(state=state) as first:
        place_all_kinds(first.client(), first)
        sequence = len(first.fills())
    with sandbox(state=state, price=None) as second:
        by_name = lambda: {order["client_order_id"]: order for order in second.orders()}  # noqa: E731
        client = second.client()
        known = by_name()["resting"]["order_id"]
        assert client.limit_order_gtc_buy("resting", "BTC-USD", "9", "1").success_response["order_id"] == known
        second.price(58400)  # the entry fills, and its exits are placed
        assert {by_name()[name]["status"] for name in ("resting", "entry", "part")} == {"FILLED"}
        child = by_name()["entry"]["attached_order_id"]
        assert client.get_order(child).order.status == "OPEN"
        second.price(57400)
        assert by_name()["stop"]["trigger_status"] == "STOP_TRIGGERED"
        second.advance(3601)
        assert by_name()["dated"]["status"] in ("FILLED", "EXPIRED")
        entries = [int(fill["entry_id"], 16) for fill in second.fills()]
        assert entries == list(range(1, len(entries) + 1))
        assert len(entries) > sequence
        assert set(second.ledger_sums().values()) == {Decimal(0)}


def test_the_tape_goes_on_where_it_ended(state):
    def tape(exchange):
        now = START // SECOND + 600
        root = f"{exchange.root}/api/v3/brokerage/market/products/BTC-USD"
        query = f"start={now - 7200}&end={now}&granularity=ONE_MINUTE"
        return [requests.get(f"{root}/{path}", timeout=30).json() for path in ("ticker?limit=50", f"candles?{query}")]

    with sandbox(state=state, price=None) as first:
        tape(first)  # the market opens when it is first asked for
        first.advance(150)
        before = tape(first)
    with sandbox(state=state, price=None) as second:
        assert tape(second) == before
        second.advance(2)
        trades = tape(second)[0]["trades"]
        numbers = [int(trade["trade_id"]) for trade in trades]
        assert numbers == sorted(range(numbers[-1], numbers[-1] + len(numbers)), reverse=True)
        assert numbers[0] > int(before[0]["trades"][0]["trade_id"])


def test_two_do_not_use_one_file(state):
    with sandbox(state=state), pytest.raises(ValueError, match=r"no other may use it, was .*: database is locked"):
        Store(state)


def test_a_file_of_another_seed_or_of_something_else_is_refused(state, tmp_path):
    with sandbox(state=state):
        pass
    with pytest.raises(ValueError, match=r"seed must be 7, with which .*, was 8"), sandbox(state=state, seed=8):
        pass
    (tmp_path / "other").write_text("x" * 5000)
    with pytest.raises(ValueError, match="state must be a file of a sandbox"):
        Store(tmp_path / "other")


def world_of(store):
    began, now = begin(store, START, 7)
    exchange = Exchange(VirtualClock(now), shipped_products(), walks(7, began / SECOND), seed=7)
    venue = Venue(exchange, seed=7)
    remember(venue, store)
    return World(exchange=exchange, usd="40000", btc="1"), venue


def shown(world):
    exchange = world.exchange
    return [
        (
            [order_row(order) for order in exchange.desk.of(user)],
            [fill_row(fill) for fill in exchange.execution.fills_of(user)],
            [wallet_row(wallet) for wallet in exchange.ledger.wallets(user)],
            exchange.fees.month(user, exchange.clock.now()),
        )
        for user in (ANN, BOB)
    ]


def queues(world):
    """Users' orders at each price, in the order in which they will be met."""
    book = world.exchange.market("BTC-USD").book
    mine = [[one.order.order_id for one in queue if one.order] for side in SIDES for queue in book.queues(side)]
    return [queue for queue in mine if queue]


@settings(max_examples=30, deadline=None)
@given(STEPS, STEPS)
def test_whatever_was_done_is_recalled_as_it_was_and_goes_on_whole(before, after):
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "state.db")
        first, venue = world_of(store)
        first.price(60_000)
        for step in before:
            do(first, step)
            venue.keep()
        store.close()
        store = Store(Path(folder) / "state.db")
        second, venue = world_of(store)
        assert shown(second) == shown(first)
        assert queues(second) == queues(first)
        for step in after:
            do(second, step)
            check(second)
        store.close()


def official(program):
    client = RESTClient(key_file=str(program.folder / "key.json"), base_url=program.exchange.address, timeout=30)
    client.session.mount(f"https://{program.exchange.address}", PlainHTTP())
    return client


@pytest.mark.processes
def test_an_accepted_order_survives_kill_9_though_its_answer_never_came(state, tmp_path):
    options = ["--state", str(state), "--virtual-clock"]
    first = Program(tmp_path, *options)
    try:
        exchange = first.exchange
        client = official(first)
        exchange.price(60000)
        client.limit_order_gtc_buy("known", "BTC-USD", "0.2", "59000")
        exchange.fault("timeout", method="POST", path="/orders", times=1, seconds=600)
        client.timeout = 1
        with pytest.raises(requests.exceptions.ReadTimeout):
            client.limit_order_gtc_buy("unknown", "BTC-USD", "0.1", "60100")
        before = truth(exchange)
        assert [order["status"] for order in before["orders"]] == ["OPEN", "FILLED"]
        client.timeout = 30
        exchange.fault("crash", method="POST", path="/orders/batch_cancel")
        with pytest.raises(requests.exceptions.ConnectionError):
            client.cancel_orders([before["orders"][0]["order_id"]])
        assert first.process.wait(30) == -signal.SIGKILL
    finally:
        first.kill()
    second = Program(tmp_path, *options)
    try:
        after = truth(second.exchange)
        assert after["fills"] == before["fills"]
        assert [order["status"] for order in after["orders"]] == ["CANCELLED", "FILLED"]
        order = official(second).list_orders(product_ids=["BTC-USD"]).orders[0]
        assert (order.client_order_id, order.status) == ("unknown", "FILLED")
    finally:
        assert second.end() == 0


def test_the_addresses_of_a_key_are_kept(tmp_path):
    file = tmp_path / "state.db"
    with sandbox(state=file) as exchange:
        key = exchange.key()
        exchange.admin("POST", "/keys", {"name": key["name"], "addresses": ["10.0.0.0/8"]})
    with sandbox(state=file) as exchange:
        client = RESTClient(api_key=key["name"], api_secret=key["privateKey"], base_url=exchange.address, timeout=30)
        client.session.mount(f"https://{exchange.address}", PlainHTTP())
        with pytest.raises(requests.HTTPError, match="401"):
            client.get_accounts()
        exchange.admin("POST", "/keys", {"name": key["name"], "addresses": []})
        assert client.get_accounts().accounts
