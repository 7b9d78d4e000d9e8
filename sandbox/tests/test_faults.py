"""What the switchboard breaks, breaks the way it says; what it does not, stays whole."""

import asyncio
import json
import time
from decimal import Decimal
from pathlib import Path

import pytest
import requests
from requests.exceptions import ConnectionError as Cut
from requests.exceptions import HTTPError, ReadTimeout, RequestException

from sandbox.faults import KINDS, Switchboard, read_rule
from sandbox.rest.app import PREFIX as API
from sandbox.tests.listening import listening


async def call(function, *args, **kwargs):
    return await asyncio.to_thread(function, *args, **kwargs)


def buy(client, name="mine"):
    return client.limit_order_gtc_buy(name, "BTC-USD", "0.1", "50000")


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("unauthorized", 401, "text/plain"),
        ("forbidden", 403, "application/json"),
        ("rate_limited", 429, "application/json"),
        ("rate_limited_html", 429, "text/html"),
        ("server_error", 500, "application/json"),
        ("bad_gateway", 502, "text/html"),
        ("unavailable", 503, "text/html"),
    ],
)
def test_a_refusal_of_the_gateway_leaves_no_order(exchange, fault, status, kind):
    client = exchange.client()
    exchange.fault(fault, method="POST", path="/orders", times=1)
    with pytest.raises(HTTPError) as caught:
        buy(client)
    assert caught.value.response.status_code == status
    assert caught.value.response.headers["content-type"].startswith(kind)
    assert client.list_orders().orders == []
    assert buy(client).success


@pytest.mark.parametrize(
    ("fault", "error", "exists"),
    [
        ("timeout", ReadTimeout, True),
        ("reset_after", Cut, True),
        ("reset", Cut, False),
        ("server_error_after", HTTPError, True),
    ],
)
def test_the_client_cannot_tell_but_a_look_can(exchange, fault, error, exists):
    client = exchange.client()
    usual = client.timeout
    if error is ReadTimeout:
        client.timeout = 1
    exchange.fault(fault, method="POST", path="/orders", times=1, seconds=60)
    with pytest.raises(error):
        buy(client)
    client.timeout = usual
    assert bool(client.list_orders().orders) is exists
    buy(client)
    assert len(client.list_orders().orders) == 1


def test_repeating_a_request_through_every_fault_makes_each_order_once(exchange):
    client = exchange.client()
    for fault in ("reset", "reset_after", "server_error_after", "bad_gateway", "rate_limited_html", "timeout"):
        exchange.fault(fault, method="POST", path="/orders", chance=0.15, seconds=0.05)
    tries = 0
    for place in range(25):
        while True:
            tries += 1
            try:
                assert client.limit_order_gtc_buy(f"n{place}", "BTC-USD", "0.01", "50000").success
                break
            except (RequestException, HTTPError):
                continue
    truth = exchange.admin("GET", "/users/trader")
    assert tries > 30
    assert sorted(order["client_order_id"] for order in truth["orders"]) == sorted(f"n{place}" for place in range(25))
    held = {row["currency"]: row["hold"]["value"] for row in truth["accounts"]}
    assert held == {"BTC": "0", "USD": "12612.5"}  # 25 x 0.01 x 50,000 and 0.9 % of it
    assert set(truth["ledger_sums"].values()) == {"0"}


@pytest.mark.parametrize("reason", ["PREVIEW_INVALID_NO_LIQUIDITY", "ORDER_ENTRY_DISABLED", "GEOFENCING_RESTRICTION"])
def test_any_reason_can_be_had(exchange, reason):
    client = exchange.client()
    exchange.fault("refuse", path="/orders*", reason=reason)
    row = buy(client).error_response
    assert reason in (row.get("preview_failure_reason"), row.get("new_order_failure_reason"))
    assert client.preview_market_order_buy("BTC-USD", quote_size="10").errs == [reason]
    assert client.list_orders().orders == []


def test_a_cancel_can_be_refused_and_an_accepted_order_can_fail(exchange):
    client = exchange.client()
    order_id = buy(client).success_response["order_id"]
    exchange.fault("refuse", path="/orders/batch_cancel", reason="COMMANDER_REJECTED_CANCEL_ORDER", times=1)
    (result,) = client.cancel_orders([order_id]).to_dict()["results"]
    assert (result["success"], result["failure_reason"]) == (False, "COMMANDER_REJECTED_CANCEL_ORDER")
    assert client.get_order(order_id).order.status == "OPEN"
    exchange.fault("fail", path="/orders", reason="HOLD_FAILURE", times=1)
    failed = buy(client, "fails")
    assert failed.success
    order = client.get_order(failed.success_response["order_id"]).order
    assert (order.status, order.reject_reason, order.outstanding_hold_amount) == ("FAILED", "HOLD_FAILURE", "0")


def test_rows_of_listings_come_twice(exchange):
    client = exchange.client()
    client.market_order_buy("mine", "BTC-USD", base_size="0.1")
    exchange.fault("double", path="/orders/historical/fills", times=1)
    twice, once = client.get_fills().fills, client.get_fills().fills
    assert [fill.entry_id for fill in twice] == [fill.entry_id for fill in once for _ in range(2)]
    assert len(once) >= 1


def test_a_process_that_is_not_the_exchange_s_own_does_not_die_of_it(exchange):
    with pytest.raises(ValueError, match="crash must be asked of a sandbox that is a process of its own"):
        exchange.fault("crash")


def test_latency_and_dripping_take_their_time(exchange):
    client = exchange.client()
    for fault in ("latency", "drip"):
        exchange.fault(fault, path="/accounts", times=1, seconds=0.3)
        began = time.monotonic()
        assert client.get_accounts().accounts
        assert time.monotonic() - began >= 0.25


def test_a_key_has_a_budget_and_is_told_of_it(exchange):
    client = exchange.client(rate_limit_headers=True)
    exchange.admin("POST", "/settings", {"rate_limit": 3})
    answers = [client.get_accounts()]
    with pytest.raises(HTTPError, match="429"):
        answers.extend(client.get_accounts() for _ in range(10))
    assert answers[0].rate_limit_limit == "3"
    assert answers[0].rate_limit_remaining == "2"
    exchange.advance(1)
    assert client.get_accounts().rate_limit_remaining == "2"


def test_who_shows_no_key_has_the_budget_of_their_address(exchange):
    client = exchange.client()
    exchange.settings(public_limit=2)
    codes = [requests.get(f"{exchange.root}{API}/market/products/BTC-USD", timeout=30).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert client.get_product("BTC-USD").product_id == "BTC-USD"  # a key has its own


def test_states_begin_and_end_by_the_exchange_s_clock(exchange):
    client = exchange.client()
    exchange.fault("halt", product="BTC-*", at=10, seconds=60)
    assert buy(client, "a").success
    exchange.advance(11)
    assert buy(client, "b").error_response["error"] == "TRADING_DISABLED"
    assert client.get_product("BTC-USD").trading_disabled is True
    exchange.advance(60)
    assert buy(client, "c").success
    exchange.fault("cancel_only", seconds=60)
    assert buy(client, "d").error_response["error"] == "ORDER_ENTRY_DISABLED"
    mine = client.list_orders().orders[0].order_id
    assert client.cancel_orders([mine]).to_dict()["results"][0]["success"] is True


def test_a_thin_market_fills_in_parts(exchange):
    client = exchange.client()
    exchange.fault("thin", product="BTC-USD", share="0.0001")
    made = client.limit_order_ioc_buy("part", "BTC-USD", "1", "60100")
    order = client.get_order(made.success_response["order_id"]).order
    assert order.status == "CANCELLED"
    assert 0 < float(order.filled_size) < 1


def test_a_skewed_clock_shows_and_refuses_tokens(exchange):
    client = exchange.client()
    before = int(client.get_unix_time().epoch_seconds)
    exchange.fault("skew", seconds=300)
    assert int(client.get_unix_time().epoch_seconds) - before >= 300
    with pytest.raises(HTTPError, match="401"):
        client.get_accounts()


async def test_a_restart_ends_connections_and_keeps_the_orders(exchange):
    client = exchange.client()
    await call(buy, client)
    async with listening(exchange) as one:
        await one.ask("heartbeats")
        await one.of("subscriptions")
        await call(exchange.fault, "restart", seconds=60)
        assert await one.end() == 1001
    with pytest.raises(Cut):
        await call(client.get_accounts)
    await call(exchange.advance, 60)
    assert len((await call(client.list_orders)).orders) == 1


@pytest.mark.parametrize(("fields", "code"), [
    ({"fault": "close", "code": 1000}, 1000), ({"fault": "close", "code": 1001}, 1001), ({"fault": "drop"}, 1006),
    ({"fault": "close", "code": 1011}, 1011),
])  # fmt: skip
async def test_a_connection_ends_as_told(exchange, fields, code):
    async with listening(exchange) as one:
        await one.ask("heartbeats")
        await one.of("subscriptions")
        await call(exchange.fault, channel="heartbeats", times=1, **fields)
        await call(exchange.advance, 1)
        assert await one.end() == code


async def beats(exchange, **fault):
    """Numbers of the frames of six heartbeats, the second of which is hit."""
    async with listening(exchange) as one:
        await one.ask("heartbeats")
        await one.of("subscriptions")
        await call(exchange.fault, channel="heartbeats", skip=1, times=1, **fault)
        await call(exchange.advance, 6)
        await one.all()
        return one.numbers[1:]


@pytest.mark.parametrize(
    ("fault", "numbers"),
    [
        ({"fault": "lose"}, [1, 3, 4, 5, 6]),
        ({"fault": "duplicate"}, [1, 2, 2, 3, 4, 5, 6]),
        ({"fault": "late"}, [1, 3, 2, 4, 5, 6]),
        ({"fault": "late", "count": 3}, [1, 3, 4, 5, 2, 6]),
        ({"fault": "lose_update"}, [1, 2, 3, 4, 5]),
    ],
)
async def test_frames_are_lost_doubled_late_or_missing(exchange, fault, numbers):
    assert await beats(exchange, **fault) == numbers


async def test_an_update_is_told_later_and_numbered_then(exchange):
    client = exchange.client()
    async with listening(exchange, "/user") as one:
        await one.ask("user", signed=True)
        await one.ask("heartbeats")
        await one.of("subscriptions")
        await call(exchange.fault, "delay", channel="user", seconds=3)
        await call(buy, client)
        await call(exchange.advance, 2)
        assert [frame["channel"] for frame in (await one.all())[3:]] == ["heartbeats"] * 2
        await call(exchange.advance, 1)
        told = [frame for frame in (await one.all())[5:] if frame["channel"] == "user"]
        assert [frame["events"][0]["orders"][0]["status"] for frame in told] == ["PENDING", "OPEN"]
        assert one.numbers == list(range(len(one.numbers)))


async def test_a_snapshot_is_as_large_as_the_busiest_book_s(exchange):
    await call(exchange.fault, "large", times=1)
    async with listening(exchange) as one:
        await one.ask("heartbeats")
        await one.ask("level2", ["BTC-USD"])
        frame = await one.of("l2_data", "snapshot")
        assert 4_000_000 < len(json.dumps(frame)) < 5_500_000
        prices = {side: [] for side in ("bid", "offer")}
        for row in frame["events"][0]["updates"]:
            prices[row["side"]].append(Decimal(row["price_level"]))
        assert max(prices["bid"]) < min(prices["offer"])
        assert all(len(each) == len(set(each)) > 22_000 for each in prices.values())
        await one.ask("level2", ["BTC-USD"])
        assert len((await one.of("l2_data", "snapshot"))["events"][0]["updates"]) < 200


async def test_an_error_frame_says_that_authentication_failed(exchange):
    async with listening(exchange) as one:
        await one.ask("heartbeats")
        await one.of("subscriptions")
        await call(exchange.fault, "auth_error", times=1)
        await call(exchange.advance, 1)
        assert await one.until(lambda frame: frame.get("type") == "error")
        assert one.frames[-1] == {"type": "error", "message": "authentication failure"}


@pytest.mark.parametrize(
    ("fault", "taken", "refused"),
    [
        ("limit_only", {"limit_limit_gtc": {"base_size": "0.1", "limit_price": "50000"}}, {}),
        (
            "post_only",
            {"limit_limit_gtc": {"base_size": "0.1", "limit_price": "50000", "post_only": True}},
            {"limit_limit_gtc": {"base_size": "0.1", "limit_price": "50000"}},
        ),
    ],
)
def test_a_product_takes_only_some_orders_for_a_while(exchange, fault, taken, refused):
    client = exchange.client()
    exchange.fault(fault, product="BTC-USD", seconds=60)
    assert client.create_order("a", "BTC-USD", "BUY", taken).success
    if refused:
        answer = client.create_order("b", "BTC-USD", "BUY", refused)
        assert answer.error_response["error"] == "ORDER_ENTRY_DISABLED"
    else:
        with pytest.raises(HTTPError, match="Orderbook is in limit only mode"):
            client.market_order_buy("b", "BTC-USD", quote_size="10")
    exchange.advance(61)
    assert client.market_order_buy("c", "BTC-USD", quote_size="10").success


def test_the_same_seed_and_calls_meet_the_same_faults_at_the_port(exchange):
    client = exchange.client()
    rules = [{"fault": fault, "path": "/accounts", "chance": 0.3} for fault in ("bad_gateway", "rate_limited", "reset")]

    def statuses(seed):
        exchange.mend()
        exchange.admin("POST", "/faults", {"seed": seed, "rules": rules})
        return [status(client) for _ in range(40)]

    first = statuses(5)
    assert first == statuses(5)
    assert first != statuses(6)
    assert set(first) == {200, 429, 502, 0}


def status(client) -> int:
    """0 when the connection was cut."""
    try:
        client.get_accounts()
    except HTTPError as error:
        return error.response.status_code
    except Cut:
        return 0
    return 200


def test_every_kind_is_in_the_guide():
    guide = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()
    assert [kind for kind in KINDS if f"`{kind}`" not in guide] == []


async def test_a_silent_connection_says_nothing_and_stays_open(exchange):
    async with listening(exchange) as one:
        await one.ask("heartbeats")
        await one.of("subscriptions")
        await call(exchange.fault, "silence", channel="heartbeats", times=1, seconds=10)
        for _ in range(12):
            await call(exchange.advance, 1)
        await one.all()
        assert one.numbers == [0, 11, 12]


def test_the_same_seed_gives_the_same_faults():
    def drawn(seed):
        board = Switchboard(seed)
        board.set([{"fault": "reset", "chance": 0.3, "path": "/orders*"}])
        return [bool(board.of_call("POST", "/orders")) for _ in range(200)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 30 < sum(drawn(1)) < 90
    assert Switchboard().of_call("POST", "/orders") == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"fault": "earthquake"}, "fault must be one of"),
        ({"fault": "reset", "chance": 2}, "chance must be 0 to 1, was 2"),
        ({"fault": "reset", "where": "x"}, "field must be one of"),
        ({"fault": "refuse"}, "reason must be a code of the exchange for 'refuse'"),
        ({"fault": "reset", "seconds": "1"}, "seconds must be a number, was '1'"),
        ({"fault": "latency", "seconds": -1}, "seconds must be 0 to"),
        ({"fault": "close", "code": 5}, "code must be one of 1000, 1001"),
        ({"fault": "reset", "times": 1.5}, "times must be a whole number, was 1.5"),
        ({"fault": "late", "count": 0}, "count must be 1 to"),
        ({"fault": "thin", "share": "much"}, "share must be the text of a number from 0 to 1, was 'much'"),
    ],
)
def test_a_wrong_rule_is_refused_in_words(exchange, row, words):
    with pytest.raises(ValueError, match=words):
        read_rule(row)
    answer = requests.post(f"{exchange.root}/sandbox/faults", json={"rules": [row]}, timeout=30)
    assert (answer.status_code, exchange.admin("GET", "/faults")["rules"]) == (400, [])
