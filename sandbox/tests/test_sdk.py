"""Every method of the official clients, unmodified: REST, and both WebSocket clients, from threads and from a loop."""

import asyncio
import inspect
import json
import time
from contextlib import contextmanager

import pytest
from coinbase.rest import RESTClient
from coinbase.rest.rest_base import RESTBase
from coinbase.websocket import WebsocketResponse, WSClient, WSUserClient
from requests.exceptions import HTTPError

from sandbox.testing import PATIENCE, START

METHODS = sorted(
    name
    for name, _ in inspect.getmembers(RESTClient, inspect.isfunction)
    if not name.startswith("_") and name not in dir(RESTBase)
)
PERPETUALS = {  # a family that the exchange has retired: nobody here has such a portfolio
    "allocate_portfolio", "get_perps_portfolio_balances", "get_perps_portfolio_summary", "get_perps_position",
    "list_perps_positions", "opt_in_or_out_multi_asset_collateral",
}  # fmt: skip
NOT_ON_SPOT = {"close_position", "trigger_bracket_order_gtc_buy", "trigger_bracket_order_gtd_buy"}
END = "2027-01-01T00:00:00Z"
MARKET = {"candles", "market_trades", "status", "ticker", "ticker_batch", "level2"}
OWN = {"user", "futures_balance_summary"}


def terms(name: str, side: str) -> dict:
    """Size and prices with which a method's order is taken, the market at 60,000."""
    buy = side == "BUY"
    if "market_order" in name and buy:
        return {"quote_size": "10"}
    return {"base_size": "0.001", **prices(name, buy=buy)}


def prices(name: str, *, buy: bool) -> dict:
    if "stop_limit" in name:
        direction = "STOP_DIRECTION_STOP_UP" if buy else "STOP_DIRECTION_STOP_DOWN"
        stop, limit = ("61000", "61500") if buy else ("59000", "58500")
        return {"stop_price": stop, "limit_price": limit, "stop_direction": direction}
    if "bracket" in name:
        return {"limit_price": "70000", "stop_trigger_price": "50000"}
    if "ioc" in name or "fok" in name:
        return {"limit_price": "60100" if buy else "59900"}
    return {"limit_price": "59000" if buy else "61000"}


class World:
    """``arguments``: what a method is called with."""

    def __init__(self, client: RESTClient) -> None:
        self.client = client
        self.portfolio = client.create_portfolio("another").portfolio["uuid"]
        now = START // 10**9
        self.known = {
            "account_uuid": client.get_accounts().accounts[0]["uuid"], "amount": "5", "currency": "USD",
            "client_order_id": "", "from_account": "USD", "to_account": "USDC", "name": "savings", "value": "5",
            "granularity": "ONE_MINUTE", "start": str(now - 3600), "end": str(now), "limit": 10, "end_time": END,
            "margin_profile_type": "MARGIN_PROFILE_TYPE_RETAIL_REGULAR", "multi_asset_collateral_enabled": True,
            "payment_method_id": client.list_payment_methods().payment_methods[0]["id"], "product_id": "BTC-USD",
            "setting": "INTRADAY_MARGIN_SETTING_STANDARD", "symbol": "BTC-PERP-INTX", "usd_amount": "5",
            "portfolio_uuid": self.portfolio, "source_portfolio_uuid": client.get_api_key_permissions().portfolio_uuid,
            "target_portfolio_uuid": self.portfolio,
            "order_configuration": {"market_market_ioc": {"quote_size": "10"}},
        }  # fmt: skip

    def arguments(self, name: str) -> dict:
        side = "SELL" if name.endswith("_sell") or ("bracket" in name and not name.endswith("_buy")) else "BUY"
        given = {**self.known, "side": side, "client_order_id": name, **terms(name, side)}
        asked = inspect.signature(getattr(RESTClient, name)).parameters
        if {"order_id", "order_ids"} & set(asked):
            made = self.client.limit_order_gtc_buy(f"for {name}", "BTC-USD", "0.001", "50000")
            given |= {"order_id": made.success_response["order_id"], "size": "0.002", "price": "51000"}
            given["order_ids"] = [given["order_id"]] if name == "cancel_orders" else None
        if name == "delete_portfolio":
            given["portfolio_uuid"] = self.client.create_portfolio("of no use").portfolio["uuid"]
        if "trade_id" in asked:
            given["trade_id"] = self.client.create_convert_quote("USD", "USDC", "5").trade["id"]
        wanted = [one for one, parameter in asked.items() if parameter.default is parameter.empty]
        wanted += ["quote_size", "size", "price"] if "order" in name else []
        sizeless = "market_order" in name and side == "BUY"
        return {
            one: given[one] for one in wanted if one in asked and one in given and not (sizeless and one == "base_size")
        }


def listening(exchange, kind, path="", **more):
    """A client with a key of its own, and what it hears."""
    key, heard = exchange.key(), []
    return kind(
        api_key=key["name"], api_secret=key["privateKey"], base_url=exchange.socket + path, on_message=heard.append,
        timeout=PATIENCE, **more,
    ), heard  # fmt: skip


@contextmanager
def heard_by(exchange, kind, path="", **more):
    """An open client, which is closed whatever happens."""
    client, heard = listening(exchange, kind, path, **more)
    client.open()
    try:
        yield client, heard
    finally:
        client.close()


def test_every_method_of_the_client_is_answered_as_the_guide_says(exchange):
    world, answers, refused = World(exchange.client(scopes=["view", "trade", "transfer"])), {}, {}
    for name in METHODS:
        try:
            answers[name] = getattr(world.client, name)(**world.arguments(name)).to_dict()
        except HTTPError as error:
            refused[name] = error.response.status_code
    assert len(METHODS) > 100
    assert refused == dict.fromkeys(PERPETUALS, 404) | {"get_futures_position": 404, "move_portfolio_funds": 400}
    assert {name for name, row in answers.items() if row.get("success") is False} == NOT_ON_SPOT
    previews = {name: row["errs"] for name, row in answers.items() if name.startswith("preview") and "errs" in row}
    assert {name for name, errors in previews.items() if errors} == {
        "preview_trigger_bracket_order_gtc_buy", "preview_trigger_bracket_order_gtd_buy",
    }  # fmt: skip
    assert len(previews) > 25


def wait(done) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def heard_of(texts: list[str]) -> set[str]:
    return {json.loads(text)["channel"] for text in texts}


def subscribed(texts: list[str]) -> dict:
    """What the newest answer to a subscription says."""
    rows = [json.loads(text) for text in texts]
    return next((row["events"][0]["subscriptions"] for row in reversed(rows) if row["channel"] == "subscriptions"), {})


ENDPOINTS = pytest.mark.parametrize(
    ("kind", "path", "channels"), [(WSClient, "", MARKET | OWN), (WSUserClient, "/user", OWN)]
)


@ENDPOINTS
def test_a_client_of_threads_hears_every_channel_and_can_stop(exchange, kind, path, channels):
    opened, closed = [], []
    told = {"on_open": lambda: opened.append(1), "on_close": lambda: closed.append(1)}
    with heard_by(exchange, kind, path, **told) as (client, heard):
        client.heartbeats()
        client.futures_balance_summary()
        for channel in sorted(channels - {"futures_balance_summary"}):
            getattr(client, channel)(["BTC-USD"])
        wait(lambda: set(subscribed(heard)) == channels | {"heartbeats"})
        exchange.advance(6)
        wait(lambda: "heartbeats" in heard_of(heard))
        assert heard_of(heard) >= {"l2_data" if channel == "level2" else channel for channel in channels}
        client.unsubscribe_all()  # of channels with products, as this client understands it
        wait(lambda: set(subscribed(heard)) == {"heartbeats", "futures_balance_summary"})
        client.heartbeats_unsubscribe()
        client.futures_balance_summary_unsubscribe()
        wait(lambda: subscribed(heard) == {})
    assert (len(opened), len(closed)) == (1, 1)


@ENDPOINTS
async def test_a_client_of_a_loop_hears_every_channel_and_can_stop(exchange, kind, path, channels):
    client, heard = await asyncio.to_thread(listening, exchange, kind, path)
    await client.open_async()
    await client.subscribe_async(["BTC-USD"], sorted(channels))
    await client.heartbeats_async()
    async with asyncio.timeout(PATIENCE):
        while set(subscribed(heard)) != channels | {"heartbeats"}:
            await client.sleep_with_exception_check_async(0)
            await asyncio.sleep(0.02)
        for channel in sorted(channels - {"futures_balance_summary"}):
            await getattr(client, f"{channel}_unsubscribe_async")(["BTC-USD"])
        while set(subscribed(heard)) != {"heartbeats", "futures_balance_summary"}:
            await asyncio.sleep(0.02)
    assert heard_of(heard) >= {"l2_data" if channel == "level2" else channel for channel in channels}
    await client.close_async()


def test_a_client_whose_connection_is_cut_comes_again_with_its_subscriptions(exchange):
    opened = []
    with heard_by(exchange, WSClient, on_open=lambda: opened.append(1)) as (client, heard):
        client.user(["BTC-USD"])
        wait(lambda: "user" in heard_of(heard))
        exchange.fault("lose", channel="user", times=1)  # it does not come again when a frame came just before the cut
        exchange.fault("drop", channel="user", times=1)
        exchange.client().limit_order_gtc_buy("mine", "BTC-USD", "0.1", "50000")
        wait(lambda: len(opened) == 2)
        wait(lambda: any('"snapshot","orders":[{' in text for text in heard))


def test_frames_of_2024_are_read_by_the_typed_response(exchange):
    exchange.settings(client_id=True)
    with heard_by(exchange, WSClient) as (client, heard):
        for channel in sorted(MARKET):
            getattr(client, channel)(["BTC-USD"])
        wait(lambda: len(subscribed(heard)) == len(MARKET))
    for text in heard:
        typed = WebsocketResponse(json.loads(text))
        assert typed.events
        assert typed.client_id == ""
