"""The live socket: what a page of a user hears, and what it does not."""

import asyncio
import threading
import time
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from autobahn.exception import Disconnected
from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.testing import WebsocketCommunicator
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from apps.dashboard import hub
from apps.dashboard.consumer import LiveConsumer
from apps.dashboard.routing import websocket_urlpatterns
from apps.dashboard.values import figures_of
from apps.dashboard.watching import MOST
from apps.markets.models import Feed, MarketSession, Product
from apps.markets.services import feed_place
from apps.markets.watching import depth_group, watched
from apps.operations.hints import market_group, user_group
from engine.records import CANDLE
from tradingsite.testing.market import make_product
from tradingsite.testing.people import make_account, make_user

application = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))
pytestmark = pytest.mark.django_db(transaction=True)


def cookies_of(user) -> bytes:
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}".encode()


async def socket(cookie: bytes = b"") -> WebsocketCommunicator:
    headers = [(b"origin", b"http://localhost"), (b"host", b"localhost"), (b"cookie", cookie)]
    communicator = WebsocketCommunicator(application, "/ws/live/", headers=headers)
    connected, _ = await communicator.connect(timeout=10)
    assert connected
    return communicator


async def hear(communicator: WebsocketCommunicator, kind: str) -> dict[str, Any]:
    """The next message of a kind, skipping others."""
    for _ in range(20):
        frame = await communicator.receive_json_from(timeout=10)
        for message in frame["m"]:
            if message["t"] == kind:
                return message
    raise AssertionError(f"no message of kind {kind!r} came")


async def until(condition) -> None:
    deadline = time.monotonic() + 10
    while not await database_sync_to_async(condition)():
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.02)


@pytest.fixture
async def owner():
    account = await database_sync_to_async(make_account)()
    return account.owner


async def test_it_closes_on_nobody_with_a_code_of_its_own():
    communicator = await socket()
    output = await communicator.receive_output(timeout=10)
    assert (output["type"], output["code"]) == ("websocket.close", 4401)
    await communicator.disconnect()


async def test_it_begins_with_the_users_figures_and_a_heartbeat(owner):
    communicator = await socket(await database_sync_to_async(cookies_of)(owner))
    values = {key: text for key, text, _ in (await hear(communicator, "v"))["d"]}
    assert values["equity"] == "10,000.00\u00a0USD"
    await communicator.disconnect()


async def test_it_passes_on_changes_and_toasts(owner):
    communicator = await socket(await database_sync_to_async(cookies_of)(owner))
    await hear(communicator, "v")
    layer, group = get_channel_layer(), user_group(owner.pk)
    await layer.group_send(group, {"type": "live.changed", "keys": ["bots", "bot-1"]})
    assert (await hear(communicator, "inv"))["k"] == ["bots", "bot-1"]
    await layer.group_send(group, {"type": "live.toast", "text": "Bought", "tone": "good", "urgent": True})
    assert await hear(communicator, "toast") == {"t": "toast", "text": "Bought", "tone": "good", "urgent": True}
    await communicator.disconnect()


async def test_it_formats_prices_and_passes_bars(owner):
    product = await database_sync_to_async(make_product)()
    communicator = await socket(await database_sync_to_async(cookies_of)(owner))
    await hear(communicator, "v")
    price = {
        "type": "live.price", "product_id": product.pk, "symbol": product.symbol, "price": 9763.4, "time": 1581292860,
        "position": 1, "bar": [1581292800, 9760.0, 9770.0, 9755.0, 9763.4, 12.5], "kind": 1,
    }  # fmt: skip
    await get_channel_layer().group_send(market_group("replay"), price)
    values = {key: text for key, text, _ in (await hear(communicator, "v"))["d"]}
    assert values[f"price.{product.pk}"] == "9,763.40"
    assert values["market.time"] == "2020-02-10 00:01"
    await get_channel_layer().group_send(market_group("replay"), price | {"time": 1581292920})
    assert (await hear(communicator, "c"))["b"] == price["bar"]
    await communicator.disconnect()


async def test_it_tells_a_user_nothing_of_another(owner):
    stranger = await database_sync_to_async(make_user)()
    communicator = await socket(await database_sync_to_async(cookies_of)(stranger))
    await hear(communicator, "h")
    await get_channel_layer().group_send(
        user_group(owner.pk), {"type": "live.toast", "text": "secret", "tone": "info", "urgent": False}
    )
    await get_channel_layer().group_send(market_group("replay"), {"type": "live.price"})
    assert await communicator.receive_nothing(timeout=1)
    await communicator.disconnect()


async def test_it_sends_at_most_four_frames_a_second(owner):
    communicator = await socket(await database_sync_to_async(cookies_of)(owner))
    await hear(communicator, "v")
    began = time.monotonic()
    for number in range(100):
        await get_channel_layer().group_send(user_group(owner.pk), {"type": "live.changed", "keys": [f"bot-{number}"]})
    first = await communicator.receive_json_from(timeout=10)
    frames = [first]
    while not await communicator.receive_nothing(timeout=0.6):
        frames.append(await communicator.receive_json_from())
    assert len(frames) <= 4 * (time.monotonic() - began)
    assert [frame["s"] for frame in frames] == list(range(frames[0]["s"], frames[0]["s"] + len(frames)))
    keys = {key for frame in frames for message in frame["m"] if message["t"] == "inv" for key in message["k"]}
    assert keys == {f"bot-{number}" for number in range(100)}
    await communicator.disconnect()


async def closing(communicator: WebsocketCommunicator) -> int:
    """The code with which the socket closes, whatever it says before."""
    for _ in range(20):
        output = await communicator.receive_output(timeout=10)
        if output["type"] == "websocket.close":
            return output["code"]
    raise AssertionError("the socket did not close")


async def test_it_closes_after_the_user_signed_out(owner, monkeypatch):
    monkeypatch.setattr(hub, "CHECKED", 0.1)
    cookie = await database_sync_to_async(cookies_of)(owner)
    communicator = await socket(cookie)
    await hear(communicator, "v")

    def sign_out() -> None:
        client = Client()
        client.cookies["sessionid"] = cookie.decode().removeprefix("sessionid=")
        client.logout()

    await database_sync_to_async(sign_out)()
    assert await closing(communicator) == 4401
    await communicator.disconnect()


async def test_it_refuses_pages_of_other_sites(owner):
    headers = [(b"origin", b"http://evil.example"), (b"host", b"localhost")]
    communicator = WebsocketCommunicator(application, "/ws/live/", headers=headers)
    connected, _ = await communicator.connect(timeout=10)
    assert not connected


async def test_it_closes_when_it_cannot_read_the_figures(owner, monkeypatch):
    def broken(users):
        raise OperationalError("the database is away")

    monkeypatch.setattr(hub, "figures_of", broken)
    communicator = await socket(await database_sync_to_async(cookies_of)(owner))
    assert await closing(communicator) == 1011
    await communicator.disconnect()


async def test_slow_figures_delay_no_hint(owner, monkeypatch):
    heard = threading.Event()

    def slow(users):
        heard.wait(60)
        return figures_of(users)

    monkeypatch.setattr(hub, "figures_of", slow)
    communicator = await socket(await database_sync_to_async(cookies_of)(owner))
    await hear(communicator, "h")  # it has joined its groups
    await get_channel_layer().group_send(user_group(owner.pk), {"type": "live.changed", "keys": ["orders"]})
    assert (await hear(communicator, "inv"))["k"] == ["orders"]
    heard.set()
    await communicator.disconnect()


async def test_a_price_moves_no_figures_of_whoever_holds_nothing(owner, monkeypatch):
    read: list[int] = []

    def counted(users):
        read.extend(users)
        return figures_of(users)

    monkeypatch.setattr(hub, "figures_of", counted)
    monkeypatch.setattr(hub, "FIGURES", 0.05)
    product = await database_sync_to_async(make_product)()
    communicator = await socket(await database_sync_to_async(cookies_of)(owner))
    await hear(communicator, "v")
    known = len(read)
    for price in (100.0, 101.0, 102.0):
        message = {"type": "live.price", "product_id": product.pk, "symbol": product.symbol, "price": price}
        await get_channel_layer().group_send(
            market_group("replay"), message | {"time": 60, "position": 1, "bar": None, "kind": 1}
        )
        await hear(communicator, "v")
    assert len(read) == known
    await communicator.disconnect()


def make_silent_live_market():
    """A trader on a live market that was heard a minute ago."""
    account, product = make_account(venue="coinbase"), make_product(venue="coinbase")
    session = MarketSession.objects.create(venue="coinbase", title="a test", simulated=False)
    feed_place(session=session, product=product, starts=0, history=np.zeros(0, CANDLE))
    Feed.objects.update(heard=timezone.now() - timedelta(seconds=60))
    return account.owner


async def test_it_tells_how_old_a_live_market_is_and_that_it_is_back(monkeypatch):
    monkeypatch.setattr(hub, "BEAT", 0.1)
    owner = await database_sync_to_async(make_silent_live_market)()
    communicator = await socket(await database_sync_to_async(cookies_of)(owner))
    assert (await hear(communicator, "h"))["age"] >= 60
    await get_channel_layer().group_send(market_group("coinbase"), {"type": "live.heard", "venue": "coinbase"})
    ages = [(await hear(communicator, "h"))["age"] for _ in range(4)]
    assert ages[-1] is None
    await communicator.disconnect()


async def test_a_page_that_was_left_is_no_error(owner, monkeypatch, caplog):
    async def left(self, text_data):
        raise Disconnected("Attempt to send on a closed protocol")

    monkeypatch.setattr(LiveConsumer, "send", left)
    communicator = await socket(await database_sync_to_async(cookies_of)(owner))
    await asyncio.sleep(0.5)
    await communicator.disconnect()
    assert "broke" not in caplog.text


UNREADABLE = [
    {"text_data": "{not json"}, {"text_data": '{"t": "v"}'}, {"bytes_data": b"\xff\x00"},
    {"text_data": '{"t": "watch", "m": 7}'}, {"text_data": '{"t": "watch", "m": "BTC-USD", "x": 1}'},
    {"text_data": '["watch", "BTC-USD"]'}, {"text_data": '{"t": "watch", "m": "' + "x" * 200 + '"}'},
    {"text_data": "[" * 200},
]  # fmt: skip


@pytest.mark.parametrize("frame", UNREADABLE, ids=range(len(UNREADABLE)))
async def test_what_is_no_request_ends_the_socket_with_a_code(owner, frame, caplog):
    communicator = await socket(await database_sync_to_async(cookies_of)(owner))
    await communicator.send_to(**frame)
    assert await closing(communicator) == 1003
    assert not [record for record in caplog.records if record.exc_info]
    await communicator.disconnect()


@pytest.fixture
async def live_trader():
    cache.clear()
    return await database_sync_to_async(make_silent_live_market)()


def view(number: int = 7, **changes: Any) -> dict[str, Any]:
    """What the stream tells of a book; see apps.markets.watching."""
    trades = [[each, 1_800_014_400, 1, "100.00", "0.50"] for each in range(number, number - 3, -1)]
    levels = {"bids": [["99.00", "1.00", 100]], "asks": [["101.00", "2.00", 100]], "spread": "2.00 USD (2.000 %)"}
    levels |= {"quotes": ["99", "100", "101"]}
    return {"type": "live.depth", "symbol": "BTC-USD", "known": True, **levels, "trades": trades, **changes}


async def test_a_page_hears_the_book_it_watches_and_each_trade_once(live_trader):
    communicator = await socket(await database_sync_to_async(cookies_of)(live_trader))
    product = await database_sync_to_async(Product.objects.get)()
    group = depth_group(product)
    assert await database_sync_to_async(watched)([product]) == set()
    await communicator.send_json_to({"t": "watch", "m": "BTC-USD"})
    await until(lambda: watched([product]) == {"BTC-USD"})
    await get_channel_layer().group_send(group, view(7))
    told = await hear(communicator, "d")
    assert (told["m"], told["b"], told["a"]) == ("BTC-USD", [["99.00", "1.00", 100]], [["101.00", "2.00", 100]])
    assert (len(told["n"]), told["q"]) == (3, ["99", "100", "101"])
    await get_channel_layer().group_send(group, view(8))
    assert (await hear(communicator, "d"))["n"] == [[1_800_014_400, 1, "100.00", "0.50"]]
    await communicator.send_json_to({"t": "watch", "m": None})
    await communicator.send_json_to({"t": "watch", "m": None})  # answered behind the first
    await get_channel_layer().group_send(user_group(live_trader.pk), {"type": "live.changed", "keys": ["orders"]})
    await hear(communicator, "inv")
    await get_channel_layer().group_send(group, view(9))
    await get_channel_layer().group_send(user_group(live_trader.pk), {"type": "live.changed", "keys": ["bots"]})
    seen = []
    while not any(message["t"] == "inv" and message["k"] == ["bots"] for message in seen):
        seen += (await communicator.receive_json_from(timeout=10))["m"]
    assert not [message for message in seen if message["t"] == "d"]
    await communicator.disconnect()


@pytest.mark.parametrize("symbol", ["DOGE-USD", "ETH-USD", ""])
async def test_a_product_that_is_not_live_for_the_user_cannot_be_watched(live_trader, symbol):
    await database_sync_to_async(make_product)("ETH-USD")  # of a recording
    communicator = await socket(await database_sync_to_async(cookies_of)(live_trader))
    await communicator.send_json_to({"t": "watch", "m": symbol})
    assert await closing(communicator) == 1008
    await communicator.disconnect()


async def test_asking_without_end_ends_the_socket(live_trader):
    communicator = await socket(await database_sync_to_async(cookies_of)(live_trader))
    for _ in range(MOST + 1):
        await communicator.send_json_to({"t": "watch", "m": "BTC-USD"})
    assert await closing(communicator) == 1008
    await communicator.disconnect()


def a_price(product, price: float) -> dict[str, Any]:
    return {
        "type": "live.price", "product_id": product.pk, "symbol": product.symbol, "price": price, "time": 60,
        "position": 1, "bar": None, "kind": 1,
    }  # fmt: skip


async def test_a_page_that_takes_no_frames_then_gets_the_last_values_and_a_gap(owner, monkeypatch):
    taken, sent = asyncio.Event(), LiveConsumer.send
    taken.set()

    async def slow(self, text_data):
        await taken.wait()
        await sent(self, text_data)

    monkeypatch.setattr(LiveConsumer, "send", slow)
    product = await database_sync_to_async(make_product)()
    communicator = await socket(await database_sync_to_async(cookies_of)(owner))
    await hear(communicator, "v")
    taken.clear()
    market = hub.hub().markets["replay"]
    for price in (100.0, 101.0, 102.0):
        await get_channel_layer().group_send(market_group("replay"), a_price(product, price))
        await until(lambda told=f"{price:.2f}": market.outbox.shown.get(f"price.{product.pk}") == (told, ""))
    taken.set()
    frames = [await communicator.receive_json_from(timeout=10)]
    while not (frames[-1]["m"][0]["t"] == "v" and [f"price.{product.pk}", "102.00", ""] in frames[-1]["m"][0]["d"]):
        frames.append(await communicator.receive_json_from(timeout=10))
    assert "101.00" not in str(frames)
    assert frames[-1]["s"] == frames[-2]["s"] + 2
    await communicator.disconnect()


async def test_the_figures_of_a_user_are_read_once_for_all_pages(owner, monkeypatch):
    read: list[int] = []

    def counted(users):
        read.extend(users)
        return figures_of(users)

    monkeypatch.setattr(hub, "figures_of", counted)
    monkeypatch.setattr(hub, "FIGURES", 0.0)
    stranger = (await database_sync_to_async(make_account)()).owner
    cookie = await database_sync_to_async(cookies_of)(owner)
    pages = [
        await socket(cookie),
        await socket(cookie),
        await socket(await database_sync_to_async(cookies_of)(stranger)),
    ]
    for page in pages:
        await hear(page, "v")
    rooms, markets = hub.hub().rooms, hub.hub().markets
    await until(lambda: not any(room.stale for room in list(rooms.values())))
    read.clear()
    for user in (owner, stranger):
        await get_channel_layer().group_send(user_group(user.pk), {"type": "live.changed", "keys": ["orders"]})
    for page in pages:
        await hear(page, "inv")
    await until(lambda: len(read) == 2)
    assert sorted(read) == sorted([owner.pk, stranger.pk])
    for page in pages:
        await page.disconnect()
    assert not rooms
    assert not markets
