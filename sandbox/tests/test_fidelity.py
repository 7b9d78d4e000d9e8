"""The sandbox's answers beside what the exchange itself sent and lists. Recordings lie beside the checkout."""

import ast
import json
from pathlib import Path

import requests

from sandbox.clock import SECOND, VirtualClock
from sandbox.exchange import Exchange
from sandbox.feed import walks
from sandbox.products import listed_products
from sandbox.rest.rows import fill_row, order_row, product_row, wallet_row
from sandbox.stream.frames import user_order
from sandbox.testing import START
from sandbox.tests.world import World
from tradingsite.testing.recorded import recorded_file

SOURCES = [path for path in Path(__file__).resolve().parents[1].rglob("*.py") if "tests" not in path.parts]
NOT_ENUMERATED = {  # codes of the gateway and names of other things
    "INVALID_ARGUMENT", "NOT_FOUND", "PERMISSION_DENIED", "COINBASE_FIAT_ACCOUNT", "LAST_FILL_TIME",
    "LAST_UPDATE_TIME", "LIMIT_PRICE",
}  # fmt: skip


def recorded(name):
    return json.loads(recorded_file(name).read_text())


def kinds(row):
    return {name: type(value) for name, value in row.items() if value is not None}


def test_every_code_it_says_is_one_of_the_exchange_s():
    known = {value for values in recorded("enums.json").values() if isinstance(values, list) for value in values}
    texts = {
        node.value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    said = {text for text in texts if text.isupper() and text.replace("_", "").isalpha() and len(text) > 10}
    said = {text for text in said if "_" in text}
    assert said - known - NOT_ENUMERATED == set()
    assert len(said) > 80


def test_a_filled_market_buy_reads_like_the_recorded_one():
    world = World()
    world.price("102795.9")
    order = world.order("BUY", "market_market_ioc", quote_size="1.5")
    theirs, ours = recorded("recorded_order_market_buy_quote_2024-12.json"), order_row(order)
    assert kinds(theirs).items() <= kinds(ours).items()
    same = (
        "side", "status", "time_in_force", "completion_percentage", "fee", "number_of_fills", "pending_cancel",
        "size_in_quote", "size_inclusive_of_fees", "total_value_after_fees", "trigger_status", "order_type",
        "reject_reason", "settled", "product_type", "outstanding_hold_amount", "edit_history", "margin_type",
        "attached_order_configuration", "originating_order_id", "cancel_message",
    )  # fmt: skip
    assert {name: ours[name] for name in same} == {name: theirs[name] for name in same}
    decimals = {name: len(ours[name].partition(".")[2]) for name in ("filled_size", "filled_value", "total_fees")}
    assert max(decimals.values()) <= 16
    fill = recorded("ccxt_fill.json")
    assert kinds(fill).items() <= kinds(fill_row(order.fills[0])).items()


def test_a_row_of_the_user_channel_has_the_sampled_fields():
    order = World().limit("BUY", "0.1", 60000)
    sample = recorded("nautilus_ws_user.json")["events"][0]["orders"][0]
    assert kinds(sample).items() <= kinds(user_order(order)).items()


def test_an_account_has_the_recorded_fields():
    world = World()
    sample = recorded("nautilus_http_accounts.json")["accounts"][0]
    assert set(sample) - set(wallet_row(world.exchange.ledger.wallet("ann", "USD"))) == set()


def test_the_real_list_of_products_can_be_traded():
    products = listed_products(recorded_file("market_products_2026-08-09.json"))
    exchange = Exchange(VirtualClock(START), products, walks(1, START / SECOND), seed=1)
    assert len(products) == 920
    markets = [exchange.market(product.symbol) for product in list(products)[::10]]
    tops = [(market.book.best("BUY"), market.book.best("SELL")) for market in markets]
    assert all(bid is None or ask is None or bid < ask for bid, ask in tops)
    shown = product_row(products["BTC-USD"], exchange.market("BTC-USD"), START)
    assert kinds(recorded("nautilus_http_product.json")).items() <= kinds(shown).items()
    assert shown["alias_to"] == ["BTC-USDC"]


def names(value):
    """The names of an answer, all the way down; of a list, those of its first row."""
    if isinstance(value, dict):
        return {name: names(inner) for name, inner in value.items()}
    return [names(value[0])] if isinstance(value, list) and value else type(value).__name__


def test_market_data_has_the_names_and_types_of_the_recorded_answers(exchange):
    exchange.advance(5)
    now = START // SECOND
    asked = {
        "nautilus_http_product_book.json": "product_book?product_id=BTC-USD&limit=5",
        "nautilus_http_ticker.json": "products/BTC-USD/ticker?limit=5",
        "nautilus_http_candles.json": f"products/BTC-USD/candles?start={now - 600}&end={now}&granularity=ONE_MINUTE",
    }
    for file, path in asked.items():
        ours = requests.get(f"{exchange.root}/api/v3/brokerage/market/{path}", timeout=30).json()
        assert names(ours) == names(recorded(file)), file


def test_fees_and_permissions_have_the_recorded_names(exchange):
    client = exchange.client()
    theirs = names(recorded("jkorf_GetFeeInfo2.json"))
    ours = names(client.get_transaction_summary().to_dict())
    assert set(theirs) <= set(ours)
    assert set(theirs["fee_tier"]) == set(ours["fee_tier"])
    assert names(recorded("jkorf_GetApiKeyInfo.json")) == names(client.get_api_key_permissions().to_dict())
