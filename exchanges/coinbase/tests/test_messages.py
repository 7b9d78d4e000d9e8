"""Reading WebSocket messages: recorded ones, and what must not be taken for one."""

import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.coinbase.messages import parse
from exchanges.coinbase.records import (
    Bar,
    BookChange,
    Heartbeat,
    Level,
    Message,
    ProductStatus,
    Refusal,
    Subscriptions,
    Ticker,
    Trade,
)
from exchanges.coinbase.sequence import Arrival, Sequence
from exchanges.coinbase.values import Malformed
from tradingsite.testing.recorded import recorded_file, recorded_frames

NOW = "2026-08-09T21:05:48.228568804Z"


def frame(channel, event, sequence=0):
    return json.dumps({"channel": channel, "timestamp": NOW, "sequence_num": sequence, "events": [event]})


@pytest.fixture(scope="module")
def recorded() -> list[Message]:
    messages = [parse(text) for text in recorded_frames()]
    return [message for message in messages if isinstance(message, Message)]


def test_it_reads_every_recorded_message_without_a_fault(recorded):
    kinds = Counter(type(item) for message in recorded for item in message.items)
    assert len(recorded) == 507
    assert not [fault for message in recorded for fault in message.faults]
    assert set(kinds) == {Trade, Ticker, BookChange, Bar, Heartbeat, Subscriptions}
    assert kinds[Trade] == 253


def test_the_recorded_sequence_is_whole_over_all_channels(recorded):
    sequence = Sequence()
    assert {sequence.arrives(message.sequence) for message in recorded} == {Arrival.NEXT}


def test_recorded_trades_come_in_the_order_in_which_they_happened(recorded):
    for symbol in ("BTC-USD", "ETH-USD"):
        numbers = [
            item.trade_id for message in recorded for item in message.items
            if isinstance(item, Trade) and item.symbol == symbol
        ]  # fmt: skip
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_recorded_book_holds_both_sides(recorded):
    book = next(item for m in recorded if m.snapshot for item in m.items if isinstance(item, BookChange))
    assert book.symbol == "BTC-USD"
    assert max(level.price for level in book.bids) < min(level.price for level in book.asks)


def test_a_recorded_ticker_has_the_top_of_the_book(recorded):
    first = next(item for message in recorded for item in message.items if isinstance(item, Ticker))
    assert first == Ticker(
        "BTC-USD", price=Decimal("65086.18"), volume_24h=Decimal("2867.54532609"),
        change_24h=Decimal("0.09601107287722"), bid=Decimal("65083.66"), bid_size=Decimal("0.20371215"),
        ask=Decimal("65083.67"), ask_size=Decimal("0.24290402"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("jkorf_ws_BatchTicker.json", Ticker),
        ("jkorf_ws_Heartbeat.json", Heartbeat),
        ("jkorf_ws_Klines.json", Bar),
        ("jkorf_ws_Symbol.json", ProductStatus),
        ("jkorf_ws_Ticker.json", Ticker),
        ("jkorf_ws_Trades.json", Trade),
    ],
)
def test_it_reads_other_peoples_samples(name, kind):
    sample = json.loads(recorded_file(name).read_text())
    message = parse(json.dumps(sample["message"]))
    assert not message.faults
    assert {type(item) for item in message.items} == {kind}
    assert isinstance(parse(json.dumps(sample["ack"])).items[0], Subscriptions)


def test_a_trade_keeps_every_digit_and_microsecond():
    row = {
        "product_id": "BTC-USD", "trade_id": "7", "price": "65083.670000000001", "size": "0.00000001",
        "time": "2026-08-09T21:05:48.167634999Z", "side": "BUY",
    }  # fmt: skip
    assert parse(frame("market_trades", {"type": "update", "trades": [row]})).items == (
        Trade(
            "BTC-USD", 7, Decimal("65083.670000000001"), Decimal("0.00000001"),
            datetime(2026, 8, 9, 21, 5, 48, 167634, UTC), "BUY",
        ),
    )  # fmt: skip


def test_a_book_tells_what_rests_where():
    updates = [
        {"side": "bid", "event_time": NOW, "price_level": "9", "new_quantity": "0"},
        {"side": "offer", "event_time": NOW, "price_level": "11", "new_quantity": "1.5"},
    ]
    message = parse(frame("l2_data", {"type": "update", "product_id": "BTC-USD", "updates": updates}))
    bids, asks = (Level(Decimal(9), Decimal(0)),), (Level(Decimal(11), Decimal("1.5")),)
    assert message.items == (BookChange("BTC-USD", bids, asks),)
    assert not message.snapshot


def test_a_batched_ticker_has_no_top_of_the_book():
    message = parse(frame("ticker_batch", {"type": "update", "tickers": [{"product_id": "BTC-USD", "price": ""}]}))
    assert message.items == (Ticker("BTC-USD", None, None, None),)


def test_a_channel_it_does_not_know_keeps_its_place_in_the_sequence():
    message = parse(frame("futures_balance_summary", {"type": "snapshot"}, sequence=7))
    assert (message.sequence, message.items) == (7, ())


def test_an_event_that_cannot_be_read_is_left_out_and_named():
    good = {"product_id": "BTC-USD", "trade_id": "8", "price": "1", "size": "1", "time": NOW, "side": "BUY"}
    bad = {**good, "price": "NaN"}
    events = [{"type": "update", "trades": [bad]}, {"type": "update", "trades": [good]}]
    row = {"channel": "market_trades", "timestamp": NOW, "sequence_num": 3, "events": events}
    message = parse(json.dumps(row))
    assert message.sequence == 3
    assert [item.trade_id for item in message.items] == [8]
    assert message.faults == ("market_trades: price must be finite, was 'NaN'",)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"price": "0"}, "a price above 0"),
        ({"price": "-1"}, "a price above 0"),
        ({"price": 1.5}, "price must be a number in a text, was 1.5"),
        ({"size": "-1"}, "no negative size"),
        ({"trade_id": "x"}, "trade_id must be a whole number, was 'x'"),
        ({"time": "yesterday"}, "time must be a time such as"),
        ({"time": None}, "time must be a time such as"),
        ({"product_id": ""}, "product_id must be a text, was ''"),
    ],
)
def test_a_bad_trade_is_named_by_field_and_value(change, fault):
    row = {"product_id": "B-U", "trade_id": "8", "price": "1", "size": "1", "time": NOW, "side": "BUY", **change}
    message = parse(frame("market_trades", {"type": "update", "trades": [row]}))
    assert message.items == ()
    assert fault in message.faults[0]


def test_an_error_is_a_refusal():
    assert parse('{"type":"error","message":"no such product"}') == Refusal("no such product")


@pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense", '{"channel":"ticker"}', b"\xff", '"x"', "null"])
def test_what_is_no_message_is_malformed(text):
    with pytest.raises(Malformed):
        parse(text)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "trades", "price"]), inner),
    max_leaves=8,
)


@given(
    st.sampled_from(["market_trades", "ticker", "l2_data", "candles", "heartbeats", "status", "subscriptions"]),
    st.lists(ANYTHING, max_size=3),
)
def test_whatever_comes_is_read_or_malformed(channel, events):
    text = json.dumps({"channel": channel, "timestamp": NOW, "sequence_num": 1, "events": events})
    try:
        message = parse(text)
    except Malformed:
        return
    assert isinstance(message, Message)


def test_a_gap_and_what_is_old_are_told_apart():
    sequence = Sequence()
    numbers = [0, 1, 1, 3, 2, 4]
    assert [sequence.arrives(number).value for number in numbers] == ["next", "next", "old", "gap", "old", "next"]
    sequence.restart()
    assert sequence.arrives(0) is Arrival.NEXT
