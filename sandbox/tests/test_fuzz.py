"""Whatever is sent, the exchange answers with a no, never with a fault of its own."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
import requests
from coinbase.jwt_generator import build_rest_jwt
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.rest.app import PREFIX as API
from sandbox.testing import sandbox
from sandbox.tests.listening import listening

SDK_REQUESTS = json.loads((Path(__file__).parent / "sdk_requests.json").read_text())
SCOPES = ["view", "trade", "transfer"]
WAIT = 30
EXITS = {"trigger_bracket_gtc": {"limit_price": "69000", "stop_trigger_price": "50000"}}
SLICES = {"number_buckets": "4", "bucket_duration": "300s", "start_time": "2026-09-21T14:13:20Z"}
ORDERS = [
    {"market_market_ioc": {"quote_size": "10"}},
    {"limit_limit_gtc": {"base_size": "0.01", "limit_price": "59000", "post_only": False}},
    {"limit_limit_gtd": {"base_size": "0.01", "limit_price": "59000", "end_time": "2026-10-21T14:13:20Z"}},
    {"stop_limit_stop_limit_gtc": {
        "base_size": "0.01", "limit_price": "58000", "stop_price": "59000", "stop_direction": "STOP_DIRECTION_STOP_DOWN"
    }},
    {"trigger_bracket_gtc": {"base_size": "0.01", **EXITS["trigger_bracket_gtc"]}},
    {"twap_limit_gtd": {"base_size": "0.01", "limit_price": "69000", "end_time": "2026-09-21T15:13:20Z", **SLICES}},
]  # fmt: skip
CALLS = [
    (row["method"], row["path"], dict(parse_qsl(row["query"] or "")), row["body"] or {})
    for row in SDK_REQUESTS.values()
] + [
    ("POST", f"{API}/orders{path}", {}, {
        "client_order_id": "mine", "product_id": "BTC-USD", "side": side, "order_configuration": order,
        "attached_order_configuration": EXITS,
    })
    for path in ("", "/preview")
    for side in ("BUY", "SELL")
    for order in ORDERS
]  # fmt: skip
ADMIN: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("POST", "/sandbox/settings", {}, {"cancel_lag": 1, "idle": 60, "client_id": False}),
    ("POST", "/sandbox/products/BTC-USD/price", {}, {"price": "60000", "volume": "1"}),
    ("POST", "/sandbox/products/ETH-USD/flags", {}, {"cancel_only": True, "status": "online"}),
    ("POST", "/sandbox/deposits", {}, {"user": "trader", "currency": "USD", "amount": "5"}),
    ("POST", "/sandbox/keys", {}, {"user": "b", "algorithm": "ES256", "scopes": ["view"], "addresses": ["::1"]}),
    ("POST", "/sandbox/faults", {}, {"seed": 1, "rules": [{
        "fault": "halt", "product": "ETH-*", "seconds": 1, "at": 0, "share": "0.01", "code": 1000, "count": 1
    }]}),
    ("GET", "/sandbox/users/trader", {}, {}),
]  # fmt: skip
NASTY = (
    "", " ", "²", "٣", "-5", "0", "1e5", "NaN", "9" * 400, "\ud800", "\x00", "a" * 300, "http://[", "%", "../",
    "0.00000001", "1" + "0" * 20, "999999999s", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-13-01",
    "2026-09-21T14:13:20.12345678912345Z",
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(NASTY)
JUNK = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2))
TEXTS = SCALARS.map(lambda value: str(value).encode(errors="replace").decode())
BYTES = st.sampled_from([b"\xff\xfe", b"[" * 100_000, b'{"a":' * 200 + b"1" + b"}" * 200, b'"', b"x" * (2 << 20)])


@st.composite
def spoilt(draw, value):
    """The value with parts of it replaced, missing or beside others."""
    if isinstance(value, dict):
        kept = {name: draw(spoilt(inner)) for name, inner in value.items() if draw(st.integers(0, 9))}
        return kept | draw(st.dictionaries(st.sampled_from(["x", "rules", "order_ids"]), JUNK, max_size=1))
    if isinstance(value, list) and value and draw(st.booleans()):
        return [draw(spoilt(inner)) for inner in value]
    return draw(JUNK) if draw(st.integers(0, 2)) == 0 else value


@pytest.fixture(scope="module")
def running():
    with sandbox() as made:
        yield made, made.key(scopes=SCOPES)


def send(running, method, path, query=None, body=b"", **headers):
    made, key = running
    token = build_rest_jwt(f"{method} x{path}", key["name"], key["privateKey"])
    headers |= {"Authorization": f"Bearer {token}"}
    return requests.request(method, made.root + path, params=query, data=body, headers=headers, timeout=WAIT)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(data=st.data())
def test_no_request_breaks_it(running, data):
    method, path, query, body = data.draw(st.sampled_from(CALLS + ADMIN))
    if data.draw(st.integers(0, 9)) == 0:
        path = f"{path.rpartition('/')[0]}/{quote(data.draw(TEXTS), safe='')}"
    query = {name: data.draw(TEXTS) if data.draw(st.booleans()) else value for name, value in query.items()}
    sent = json.dumps(data.draw(spoilt(body))).encode()
    answer = send(running, method, path, query, sent)
    assert answer.status_code < 500 or path.endswith("/ticker"), answer.text
    running[0].mend()
    running[0].settings(cancel_lag=0, idle=60, client_id=False)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(call=st.sampled_from(CALLS), body=BYTES, kind=st.sampled_from(["application/json; charset=no", "text/plain"]))
def test_no_body_breaks_it(running, call, body, kind):
    answer = send(running, call[0], call[1], None, body, **{"Content-Type": kind})
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("seconds", [None, "1", -1, True, [], 10**12, float("nan"), 10**400])
def test_the_clock_moves_by_seconds_alone(running, seconds):
    body = json.dumps({"advance": seconds}).encode()
    assert send(running, "POST", "/sandbox/clock", None, body).status_code == 400


def test_its_books_still_balance(running):
    assert set(running[0].ledger_sums().values()) <= {0}


SPOKEN = [
    '{"type": "subscribe", "channel": "level2", "product_ids": 5}',
    '{"type": "subscribe", "channel": "level2", "product_ids": [[]]}',
    '{"type": "subscribe", "channel": "level2", "product_ids": {"BTC-USD": 1}}',
    '{"type": "subscribe", "channel": "level2", "product_ids": []}',
    '{"type": "subscribe", "channel": "level2", "product_ids": ["NOPE-USD"]}',
    '{"type": "subscribe", "channel": ["level2"]}',
    '{"type": {}, "channel": "level2"}',
    "[" * 100_000,
    "[]",
    "5",
    "{",
]


async def test_no_message_ends_a_connection(exchange):
    async with listening(exchange) as one:
        for text in SPOKEN:
            await one.socket.send(text)
            assert (await one.until(lambda frame: True))["type"] == "error", text
        await one.ask("heartbeats")
        assert await one.of("subscriptions")
