"""The WebSocket's channels, read by a plain client and by the official one."""

import asyncio
import json
import time
from decimal import Decimal

from coinbase.websocket import WSClient

from sandbox.testing import PATIENCE
from sandbox.tests.listening import listening
from tradingsite.testing.recorded import recorded_frames


async def call(function, *args, **kwargs):
    return await asyncio.to_thread(function, *args, **kwargs)


def wait(done):
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def test_every_frame_has_the_next_number_over_all_channels(exchange):
    async with listening(exchange) as one:
        for channel in ("level2", "market_trades", "ticker", "candles", "status", "ticker_batch"):
            await one.ask(channel, ["BTC-USD"])
        await one.ask("heartbeats")
        for _ in range(3):
            await call(exchange.advance, 2)
        await one.all()
        assert one.numbers == list(range(len(one.numbers)))
        channels = {frame["channel"] for frame in one.frames}
        assert channels == {
            "l2_data", "market_trades", "ticker", "ticker_batch", "candles", "status", "heartbeats", "subscriptions",
        }  # fmt: skip
        assert all(set(frame) == {"channel", "timestamp", "sequence_num", "events"} for frame in one.frames)


async def test_the_book_built_from_updates_is_the_book(exchange):
    async with listening(exchange) as one:
        await one.ask("level2", ["BTC-USD"])
        levels = {}
        await one.of("l2_data", "snapshot")
        client = exchange.client()
        await call(client.limit_order_gtc_buy, "mine", "BTC-USD", "1.5", "59123.45")
        for _ in range(5):
            await call(exchange.advance, 1)
        for frame in await one.all():
            for event in frame["events"]:
                for row in event.get("updates", []):
                    levels[row["side"], Decimal(row["price_level"])] = Decimal(row["new_quantity"])
        book = (await call(client.get_product_book, "BTC-USD")).pricebook
        for side, rows in (("bid", book.bids), ("offer", book.asks)):
            built = {price: size for (one_side, price), size in levels.items() if one_side == side and size}
            assert built == {Decimal(row.price): Decimal(row.size) for row in rows}
        assert levels["bid", Decimal("59123.45")] == Decimal("1.5")


async def test_flags_that_are_switched_are_told(exchange):
    async with listening(exchange) as one:
        await one.ask("status", ["BTC-USD"])
        await one.of("status", "snapshot")
        await call(exchange.fault, "cancel_only", product="*-USD", seconds=60)
        (row,) = (await one.of("status", "update"))["events"][0]["products"]
        assert (row["id"], row["status"], row["status_message"]) == ("BTC-USD", "online", "cancel_only")
        await call(exchange.advance, 60)
        (row,) = (await one.of("status", "update"))["events"][0]["products"]
        assert row["status_message"] == ""


async def test_subscriptions_are_named_as_they_were_asked_for(exchange):
    async with listening(exchange) as one:
        await one.ask("level2", ["BTC-USDC", "ETH-USD"])
        await one.ask("heartbeats")
        frame = await one.until(
            lambda frame: "heartbeats" in str(frame["events"]) and frame["channel"] == "subscriptions"
        )
        assert frame["events"] == [{"subscriptions": {"level2": ["BTC-USD", "ETH-USD"], "heartbeats": ["heartbeats"]}}]
        await one.ask("heartbeats", kind="unsubscribe")
        await one.ask("level2", ["BTC-USDC", "ETH-USD"], kind="unsubscribe")
        frame = await one.until(lambda frame: frame["events"] == [{"subscriptions": {}}])
        assert frame["channel"] == "subscriptions"


async def test_the_user_channel_tells_the_life_of_an_order(exchange):
    client = exchange.client()
    await call(client.limit_order_gtc_buy, "before", "BTC-USD", "0.1", "50000")
    async with listening(exchange, "/user") as one:
        await one.ask("user", ["BTC-USD"], signed=True)
        snapshot = await one.of("user", "snapshot")
        assert [row["client_order_id"] for row in snapshot["events"][0]["orders"]] == ["before"]
        made = await call(client.limit_order_gtc_buy, "mine", "BTC-USD", "0.5", "59000")
        await call(exchange.price, 58900)
        rows = []
        while not rows or rows[-1]["status"] != "FILLED":
            rows += (await one.of("user", "update"))["events"][0]["orders"]
        assert {row["order_id"] for row in rows} == {made.success_response["order_id"]}
        assert [row["status"] for row in rows][:2] == ["PENDING", "OPEN"]
        quantities = [Decimal(row["cumulative_quantity"]) for row in rows]
        assert quantities == sorted(quantities)
        assert (rows[-1]["leaves_quantity"], rows[-1]["cumulative_quantity"]) == ("0", "0.5")


async def test_a_snapshot_of_exactly_fifty_orders_ends_with_an_empty_one(exchange):
    client = exchange.client()
    for place in range(50):
        await call(client.limit_order_gtc_buy, f"n{place}", "BTC-USD", "0.001", "50000")
    async with listening(exchange) as one:
        await one.ask("user", [], signed=True)
        await one.all()
        sizes = [len(frame["events"][0]["orders"]) for frame in one.frames if frame["channel"] == "user"]
        assert sizes == [50, 0]


async def test_the_user_channel_needs_a_key(exchange):
    async with listening(exchange) as one:
        await one.ask("user", ["BTC-USD"])
        assert await one.until(lambda frame: True) == {"type": "error", "message": "authentication failure"}
        assert await one.end() == 1008


async def test_the_user_endpoint_serves_no_market_data(exchange):
    async with listening(exchange, "/user") as one:
        await one.ask("level2", ["BTC-USD"])
        frame = await one.until(lambda frame: True)
        assert frame["type"] == "error"


async def test_a_connection_that_asks_for_nothing_is_closed(exchange):
    exchange.admin("POST", "/settings", {"first_subscribe": 5})
    async with listening(exchange) as one:
        await call(exchange.advance, 6)
        assert await one.end() == 1000


async def test_a_quiet_connection_lives_by_heartbeats(exchange):
    async with listening(exchange) as quiet, listening(exchange) as alive:
        await quiet.ask("status", ["BTC-USD"])
        await alive.ask("heartbeats")
        await alive.of("subscriptions")
        await quiet.of("subscriptions")
        await call(exchange.advance, 61)
        assert await quiet.end() == 1000
        frames = [frame for frame in await alive.all() if frame["channel"] == "heartbeats"]
        counters = [frame["events"][0]["heartbeat_counter"] for frame in frames]
        assert counters == list(range(counters[0], counters[0] + 61))


def test_the_official_client_listens_unmodified(exchange):
    key, heard = exchange.key(), []
    client = WSClient(
        api_key=key["name"], api_secret=key["privateKey"], base_url=exchange.socket, on_message=heard.append, timeout=5
    )
    client.open()
    client.subscribe(["BTC-USD"], ["ticker", "level2", "market_trades", "user", "heartbeats"])
    wait(lambda: sum('"subscriptions"' in text for text in heard) == 5)
    exchange.client().market_order_buy("mine", "BTC-USD", quote_size="100")
    exchange.advance(2)
    wanted = {"ticker", "l2_data", "market_trades", "user", "heartbeats", "subscriptions"}
    wait(lambda: {json.loads(text)["channel"] for text in heard} == wanted and "FILLED" in str(heard))
    client.close()
    orders = [row for text in heard if '"user"' in text for row in json.loads(text)["events"][0].get("orders", [])]
    assert orders[-1]["client_order_id"] == "mine"


def shapes(frames):
    """Of each channel and kind of event, the names in frame, event and row with the types of their values."""
    found = {}
    for frame in frames:
        if "channel" not in frame:
            continue
        for event in frame["events"]:
            rows = next((value for value in event.values() if isinstance(value, list) and value), [{}])
            key = frame["channel"], event.get("type", "")
            if isinstance(rows[0], dict) and rows[0] and frame["channel"] != "subscriptions":
                types = {name: type(value).__name__ for name, value in rows[0].items()}
                found[key] = sorted(frame), sorted(event), types
    return found


async def test_frames_have_the_shape_of_the_recorded_ones(exchange):
    theirs = shapes(json.loads(frame) for frame in recorded_frames())
    async with listening(exchange) as one:
        for channel in ("level2", "market_trades", "ticker", "candles", "heartbeats"):
            await one.ask(channel, ["BTC-USD"])
        await one.of("subscriptions")
        await call(exchange.advance, 3)
        ours = shapes(await one.all())
    assert len(theirs) >= 7
    assert {key: ours.get(key) for key in theirs} == theirs
