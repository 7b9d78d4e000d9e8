"""The official client, unmodified, against the sandbox."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
import requests
from requests.exceptions import HTTPError

SDK_REQUESTS = json.loads((Path(__file__).parent / "sdk_requests.json").read_text())
API = "/api/v3/brokerage"


def refusal(answer) -> str:
    assert answer.success is False
    return answer.error_response["error"]


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_the_official_client_signs_in_and_sees_its_accounts(exchange, algorithm):
    client = exchange.client(algorithm)
    accounts = {row["currency"]: row for row in client.get_accounts().accounts}
    assert accounts["USD"]["available_balance"] == {"value": "100000", "currency": "USD"}
    assert accounts["BTC"]["hold"] == {"value": "0", "currency": "BTC"}
    permissions = client.get_api_key_permissions()
    assert (permissions.can_view, permissions.can_trade, permissions.can_transfer) == (True, True, False)


def test_every_request_of_the_official_client_is_routed_and_read(exchange):
    client = exchange.client(scopes=["view", "trade", "transfer"])
    answers = {}
    for name, one in SDK_REQUESTS.items():
        path = one["path"] + (f"?{one['query']}" if one["query"] else "")
        headers = client.set_headers(one["method"], one["path"])
        answer = requests.request(one["method"], exchange.root + path, json=one["body"], headers=headers, timeout=30)
        answers[name] = answer.status_code, answer.text
    unknown = {
        name: text for name, (status, text) in answers.items() if "Not Found" in text or status in (401, 403, 405)
    }
    broken = {name: text for name, (status, text) in answers.items() if status >= 500}
    assert (unknown, broken) == ({}, {})
    assert len(answers) > 80
    fine = [name for name, (status, _) in answers.items() if status == 200]
    assert {"create_order", "list_orders", "get_fills", "get_products", "cancel_orders", "preview_order"} <= set(fine)


def test_an_order_goes_from_create_to_fill(exchange):
    client = exchange.client()
    made = client.limit_order_gtc_buy("mine-1", "BTC-USD", "0.5", "59000")
    assert made.success
    order_id = made.success_response["order_id"]
    order = client.get_order(order_id).order
    assert (order.status, order.outstanding_hold_amount) == ("OPEN", "29765.5")
    exchange.price(58900)
    order = client.get_order(order_id).order
    assert (order.status, order.filled_size, order.settled) == ("FILLED", "0.5", True)
    fills = client.get_fills(order_ids=[order_id]).fills
    assert sum(float(fill.size) for fill in fills) == 0.5
    assert {fill.liquidity_indicator for fill in fills} == {"MAKER"}
    accounts = {row["currency"]: row["available_balance"]["value"] for row in client.get_accounts().accounts}
    assert accounts == {"BTC": "2.5", "USD": "70352.5"}  # 29,500 and 0.5 % of it


def test_the_same_client_order_id_gives_the_first_order(exchange):
    client = exchange.client()
    first = client.limit_order_gtc_buy("mine", "BTC-USD", "0.5", "50000").success_response["order_id"]
    again = client.market_order_sell("mine", "BTC-USD", "1")
    assert again.success_response["order_id"] == first
    assert len(client.list_orders().orders) == 1
    exchange.admin("POST", "/settings", {"duplicate_refused": True})
    assert client.limit_order_gtc_buy("mine", "BTC-USD", "0.5", "50000").success is False


def test_a_refusal_is_a_success_with_no_in_it(exchange):
    client = exchange.client()
    poor = client.market_order_buy("poor", "BTC-USD", quote_size="2000000")
    assert poor.error_response == {
        "error": "INSUFFICIENT_FUND", "message": "Insufficient balance in source account", "error_details": "",
        "preview_failure_reason": "PREVIEW_INSUFFICIENT_FUND",
    }  # fmt: skip
    stop = client.stop_limit_order_gtc_sell("stop", "BTC-USD", "1", "60400", "60500", "STOP_DIRECTION_STOP_DOWN")
    assert refusal(stop) == "UNKNOWN_FAILURE_REASON"
    assert stop.error_response["preview_failure_reason"] == "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE"
    big = client.trigger_bracket_order_gtc_sell("big", "BTC-USD", "5", "70000", "50000")
    assert big.error_response["error_details"] == "preview_bracket_order_size_exceeds_position"
    with pytest.raises(HTTPError, match="ProductID is invalid"):
        client.market_order_buy("odd", "NOPE-USD", quote_size="10")


def test_every_helper_of_the_client_places_its_order(exchange):
    client = exchange.client()
    end = "2027-06-01T00:00:00Z"
    made = [
        client.market_order_buy("a", "BTC-USD", quote_size="10"),
        client.market_order_sell("b", "BTC-USD", base_size="0.001"),
        client.limit_order_ioc_buy("c", "BTC-USD", "0.001", "61000"),
        client.limit_order_gtc_sell("d", "BTC-USD", "0.001", "61000", post_only=True),
        client.limit_order_gtd_buy("e", "BTC-USD", "0.001", "50000", end),
        client.limit_order_fok_buy("f", "BTC-USD", "0.001", "61000"),
        client.stop_limit_order_gtc_sell("g", "BTC-USD", "0.001", "58000", "59000", "STOP_DIRECTION_STOP_DOWN"),
        client.stop_limit_order_gtd_buy("h", "BTC-USD", "0.001", "62000", "61000", end, "STOP_DIRECTION_STOP_UP"),
        client.trigger_bracket_order_gtc_sell("i", "BTC-USD", "0.001", "70000", "50000"),
        client.trigger_bracket_order_gtd_sell("j", "BTC-USD", "0.001", "70000", "50000", end),
    ]
    assert [one.to_dict().get("error_response") for one in made] == [None] * 10
    statuses = {order.client_order_id: order.status for order in client.list_orders().orders}
    assert statuses == dict.fromkeys("abcf", "FILLED") | dict.fromkeys("deghij", "OPEN")


def test_stores_lag_behind_as_they_are_told_to(exchange):
    client = exchange.client()
    client.get_accounts()
    exchange.admin("POST", "/settings", {"visible_lag": 2, "fill_lag": 5, "balance_lag": 10})
    made = client.market_order_buy("mine", "BTC-USD", quote_size="100").success_response["order_id"]
    with pytest.raises(HTTPError, match="was not found"):
        client.get_order(made)
    exchange.advance(3)
    assert client.get_order(made).order.status == "FILLED"
    assert client.get_fills(order_ids=[made]).fills == []
    exchange.advance(3)
    assert client.get_fills(order_ids=[made]).fills
    usd = {row["currency"]: row["available_balance"]["value"] for row in client.get_accounts().accounts}["USD"]
    assert usd == "100000"
    exchange.advance(5)
    usd = {row["currency"]: row["available_balance"]["value"] for row in client.get_accounts().accounts}["USD"]
    assert usd == "99900"


def test_attached_exits_are_linked_both_ways(exchange):
    client = exchange.client()
    exits = {"trigger_bracket_gtc": {"limit_price": "65000", "stop_trigger_price": "55000"}}
    entry = {"market_market_ioc": {"base_size": "0.1"}}
    made = client.create_order("entry", "BTC-USD", "BUY", entry, attached_order_configuration=exits)
    child = client.get_order(made.success_response["attached_order_id"]).order
    assert child.originating_order_id == made.success_response["order_id"]
    assert child.order_configuration.to_dict()["trigger_bracket_gtc"]["base_size"] == "0.1"


def test_cancel_edit_and_preview(exchange):
    client = exchange.client()
    made = client.limit_order_gtc_buy("x", "BTC-USD", "0.5", "50000").success_response["order_id"]
    assert client.edit_order(made, size="0.6", price="51000").success is True
    refused = client.edit_order(made, size="0.6", price="51000")
    assert refused.to_dict()["errors"][0]["edit_failure_reason"] == "EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST"
    results = client.cancel_orders([made, made, "nobody's"]).to_dict()["results"]
    assert [row["success"] for row in results] == [True, False, False]
    assert results[0]["failure_reason"] == "UNKNOWN_CANCEL_FAILURE_REASON"
    preview = client.preview_limit_order_gtc_buy("BTC-USD", "0.1", "50000", post_only=True)
    assert (preview.order_total, preview.commission_total, preview.errs) == ("5025", "25", [])
    broke = client.preview_market_order_buy("BTC-USD", quote_size="9999999")
    assert broke.errs == ["PREVIEW_INSUFFICIENT_FUND"]


def test_listings_are_paged_by_cursor(exchange):
    client = exchange.client()
    for place in range(5):
        client.limit_order_gtc_buy(f"n{place}", "BTC-USD", "0.001", "50000")
    seen, cursor = [], None
    while True:
        page = client.list_orders(limit=2, cursor=cursor, order_status=["OPEN"])
        seen += [order.client_order_id for order in page.orders]
        cursor = page.cursor
        if not page.has_next:
            break
    assert seen == ["n4", "n3", "n2", "n1", "n0"]
    assert client.list_orders(product_ids=["ETH-USD"]).orders == []
    assert len(client.get_accounts(limit=1).accounts) == 1


def test_market_data_is_the_same_with_and_without_a_key(exchange):
    client = exchange.client()
    for _ in range(4):
        exchange.advance(30)
    end = int(client.get_unix_time().epoch_seconds)
    mine = client.get_candles("BTC-USD", str(end - 3600), str(end), "FIVE_MINUTE").to_dict()
    public = client.get_public_candles("BTC-USD", str(end - 3600), str(end), "FIVE_MINUTE").to_dict()
    assert mine == public
    starts = [int(row["start"]) for row in mine["candles"]]
    assert starts == sorted(starts, reverse=True)
    assert len(starts) in (12, 13)
    with pytest.raises(HTTPError, match="less than 350"):
        client.get_candles("BTC-USD", str(end - 351 * 60), str(end), "ONE_MINUTE")
    book = client.get_product_book("BTC-USD", limit=5).pricebook
    assert float(book.bids[0].price) < float(book.asks[0].price)
    assert len(book.bids) == 5
    trades = client.get_market_trades("BTC-USD", 1000).to_dict()["trades"]
    assert 0 < len(trades) <= 100
    assert client.get_product("BTC-USDC").alias == "BTC-USD"


def test_candles_of_the_past_join_those_of_today_and_add_up(exchange):
    client = exchange.client()
    exchange.advance(120)
    end = int(client.get_unix_time().epoch_seconds)
    hour = end // 3600 * 3600 - 3600
    minutes = client.get_candles("BTC-USD", str(hour), str(hour + 3599), "ONE_MINUTE").to_dict()["candles"]
    whole = client.get_candles("BTC-USD", str(hour), str(hour), "ONE_HOUR").to_dict()["candles"]
    assert len(minutes) == 60
    assert whole[0]["open"] == minutes[-1]["open"]
    assert whole[0]["close"] == minutes[0]["close"]
    assert float(whole[0]["high"]) == max(float(row["high"]) for row in minutes)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/orders", "{"),
        ("/orders", "[]"),
        ("/orders", '{"client_order_id":5}'),
        ("/orders", '{"client_order_id":"a","max_floor":"1"}'),
        (
            "/orders",
            '{"client_order_id":"a","product_id":"BTC-USD","order_configuration":{"limit_limit_gtc":{"base_size":1}}}',
        ),
        ("/orders/batch_cancel", '{"order_ids":[null]}'),
        ("/orders", '{"client_order_id":"","product_id":"BTC-USD"}'),
        ("/orders", '{"client_order_id":"a","order_configuration":{"limit_limit_gtc":5}}'),
        ("/orders", '{"client_order_id":"a","order_configuration":{"iceberg_gtc":{}}}'),
        ("/orders", '{"client_order_id":"a","order_configuration":{"limit_limit_gtc":{"max_floor":"1"}}}'),
        ("/orders", '{"client_order_id":"a","order_configuration":{"limit_limit_gtc":{"post_only":"false"}}}'),
        ("/orders", '{"client_order_id":"a","leverage":NaN}'),
    ],
)
def test_nonsense_is_answered_with_400(exchange, path, body):
    client = exchange.client()
    headers = client.set_headers("POST", API + path)
    answer = requests.post(exchange.root + API + path, data=body, headers=headers, timeout=30)
    assert answer.status_code == 400
    assert answer.json()["error"] in ("unknown", "INVALID_ARGUMENT")


def test_both_spellings_of_names_are_read(exchange):
    client = exchange.client()
    headers = client.set_headers("POST", API + "/orders")
    body = {
        "clientOrderId": "camel", "productId": "BTC-USD", "side": "BUY",
        "orderConfiguration": {"limit_limit_gtc": {"baseSize": "0.1", "limitPrice": "50000"}},
    }  # fmt: skip
    answer = requests.post(exchange.root + API + "/orders", json=body, headers=headers, timeout=30)
    assert answer.json()["success_response"]["client_order_id"] == "camel"


def test_one_user_never_sees_another_s(exchange):
    client = exchange.client()
    order_id = client.limit_order_gtc_buy("mine", "BTC-USD", "0.1", "50000").success_response["order_id"]
    row = json.loads(exchange.admin("POST", "/keys", {"user": "stranger"})["key_file"])
    exchange.admin("POST", "/deposits", {"user": "stranger", "currency": "USD", "amount": "5"})
    client.api_key, client.api_secret = row["name"], row["privateKey"]
    assert client.list_orders().orders == []
    with pytest.raises(HTTPError, match="was not found"):
        client.get_order(order_id)
    assert client.cancel_orders([order_id]).to_dict()["results"][0]["success"] is False


def test_stable_currencies_are_converted_one_to_one_once(exchange):
    client = exchange.client(scopes=["view", "trade", "transfer"])
    accounts = {row["currency"]: row["uuid"] for row in client.get_accounts().accounts}
    trade = client.create_convert_quote(accounts["USD"], "USDC", "250.5").trade.to_dict()
    assert (trade["status"], trade["exchange_rate"]["value"]) == ("TRADE_STATUS_CREATED", "1")
    for _ in range(2):
        client.commit_convert_trade(trade["id"], "USD", "USDC")
    assert client.get_convert_trade(trade["id"], "USD", "USDC").trade["status"] == "TRADE_STATUS_COMPLETED"
    assert exchange.balances() == {"BTC": (2, 0), "USD": (Decimal("99749.5"), 0), "USDC": (Decimal("250.5"), 0)}
    for amount in ("-5", "0", "1e3", ""):
        with pytest.raises(HTTPError, match="400"):
            client.create_convert_quote("USD", "USDC", amount)
    poor = client.create_convert_quote("USD", "USDC", "5000000").trade["id"]
    with pytest.raises(HTTPError, match="Insufficient balance"):
        client.commit_convert_trade(poor, "USD", "USDC")
    with pytest.raises(HTTPError, match="not allowed to convert"):
        client.create_convert_quote("BTC", "USD", "1")


def test_funds_of_other_portfolios_are_out_of_reach_and_it_says_so(exchange):
    client = exchange.client(scopes=["view", "trade", "transfer"])
    mine = client.get_api_key_permissions().portfolio_uuid
    other = client.create_portfolio("Savings").portfolio["uuid"]
    with pytest.raises(HTTPError, match="Insufficient balance in source account"):
        client.move_portfolio_funds("5", "USD", mine, other)
    assert exchange.balances()["USD"] == (100_000, 0)
