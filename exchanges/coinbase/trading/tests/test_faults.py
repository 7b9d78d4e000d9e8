"""What goes wrong on the way: refused, surely unsent, or perhaps arrived; and what is found out afterwards."""

import socket
from dataclasses import replace
from decimal import Decimal
from itertools import count

import pytest

from engine.kinds import OrderKind, TimeInForce
from engine.orders.states import OrderState
from exchanges.coinbase.addresses import Addresses
from exchanges.coinbase.trading.client import Client
from exchanges.coinbase.trading.clock import ServerClock
from exchanges.coinbase.trading.errors import KeyDenied
from exchanges.coinbase.trading.pace import LocalPace
from exchanges.coinbase.trading.signer import Credentials
from exchanges.coinbase.trading.tests.desk import Desk, Tracing, Wall
from exchanges.coinbase.trading.traces import Trace
from exchanges.port import Rejected, Unavailable, Unknown
from sandbox.testing import sandbox

D = Decimal
ORDERS = {"method": "POST", "path": "/orders", "times": 1}


@pytest.mark.parametrize("fault", ["unauthorized", "forbidden"])
def test_a_key_that_is_not_taken_places_nothing(desk, fault):
    desk.sandbox.fault(fault, **ORDERS)
    with pytest.raises(Rejected):
        desk.exchange.place(desk.new())
    assert desk.sandbox.orders() == []


def test_an_exchange_whose_clock_is_set_costs_one_attempt_and_neither_the_order_nor_the_key():
    with sandbox(price=100, wall_clock=True) as venue:
        key, addresses, ticks = venue.key(), Addresses(rest=venue.root), count(step=5)
        credentials = Credentials(key["name"], key["privateKey"])
        clock = ServerClock(addresses, monotonic=lambda: float(next(ticks)))
        exchange = Tracing(Client(lambda: credentials, addresses, LocalPace(1000, 1000), clock))
        exchange.balances()
        for skew in (300, -300):
            venue.settings(clock_skew=skew)
            order = Desk(venue).new()
            with pytest.raises(Unavailable, match="clock has been set"):
                exchange.place(order)
            assert exchange.place(order).state == OrderState.OPEN


@pytest.mark.parametrize("fault", ["rate_limited", "rate_limited_html"])
def test_what_the_exchange_has_no_time_for_may_be_sent_again(desk, fault):
    desk.sandbox.fault(fault, **ORDERS)
    order = desk.new()
    with pytest.raises(Unavailable):
        desk.exchange.place(order)
    assert desk.sandbox.orders() == []
    assert desk.exchange.place(order).state == OrderState.OPEN


@pytest.mark.parametrize("fault", ["reset", "server_error", "bad_gateway", "unavailable"])
def test_what_perhaps_arrived_is_unknown_and_not_found_when_it_did_not(desk, fault):
    desk.sandbox.fault(fault, **ORDERS)
    order = desk.new()
    with pytest.raises(Unknown):
        desk.exchange.place(order)
    assert desk.exchange.reports([order.client_order_id]) == []


@pytest.mark.parametrize("fault", ["reset_after", "server_error_after"])
def test_an_order_whose_answer_was_lost_is_found_by_its_own_id(desk, fault):
    desk.exchange.place(desk.new())
    desk.sandbox.fault(fault, **ORDERS)
    order = desk.new(quantity=D("0.5"))
    with pytest.raises(Unknown):
        desk.exchange.place(order)
    (found,) = desk.exchange.reports([order.client_order_id])
    assert (found.client_order_id, found.state, found.quantity) == (order.client_order_id, OrderState.OPEN, D("0.5"))
    assert desk.exchange.cancel(order.client_order_id).state == OrderState.CANCELLED
    assert len(desk.sandbox.orders()) == 2


def test_an_answer_that_never_comes_is_unknown(desk, monkeypatch):
    desk.exchange.place(desk.new())  # what is asked beforehand is known from here on
    monkeypatch.setattr(desk.client._rest, "timeout", (1, 0.3))
    desk.sandbox.fault("timeout", seconds=5, **ORDERS)
    order = desk.new()
    with pytest.raises(Unknown, match="no answer in time"):
        desk.exchange.place(order)
    monkeypatch.setattr(desk.client._rest, "timeout", (5, 20))
    assert desk.exchange.reports([order.client_order_id])[0].state == OrderState.OPEN


@pytest.mark.parametrize(
    "answer", ["<html>", "[]", "{}", '{"success": true}', '{"success": true, "success_response": 7}']
)
def test_an_answer_that_says_neither_yes_nor_no_is_unknown(desk, answer, monkeypatch):
    order = desk.new()
    desk.exchange.place(desk.new())  # what is asked beforehand is known from here on
    send = desk.client._rest.session.request

    def garble(*args, **options):
        response = send(*args, **options)
        response._content = answer.encode()
        return response

    monkeypatch.setattr(desk.client._rest.session, "request", garble)
    with pytest.raises(Unknown):
        desk.exchange.place(order)


def away(desk, address):
    key = desk.sandbox.key()
    credentials = Credentials(key["name"], key["privateKey"])
    return Client(lambda: credentials, Addresses(rest=address), LocalPace(9, 9), Wall())


def test_a_server_that_is_not_there_was_sent_nothing(desk):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken and not listening: nobody else answers there
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        client = away(desk, address)
        with pytest.raises(Unavailable, match="no connection"):
            client.act("/orders", {}, 0)


def test_a_name_that_nobody_has_was_sent_nothing(desk):
    client = away(desk, "https://nobody.invalid")
    with pytest.raises(Unavailable, match="no connection"):
        client.act("/orders", {}, 0)


def test_an_id_that_was_used_before_is_the_order_that_has_it(desk):
    desk.sandbox.settings(duplicate_refused=True)
    order = desk.new()
    first = desk.exchange.place(order)
    assert desk.exchange.place(order).exchange_order_id == first.exchange_order_id
    assert len(desk.sandbox.orders()) == 1


@pytest.mark.parametrize(
    ("reason", "field"),
    [
        ("PREVIEW_INSUFFICIENT_FUND", "funds"),
        ("PREVIEW_INVALID_SIZE_PRECISION", "quantity"),
        ("PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE", "stop_price"),
        ("INVALID_LIMIT_PRICE_POST_ONLY", "limit_price"),
        ("END_TIME_IS_IN_THE_PAST", "expires"),
        ("PRODUCT_TRADING_HALTED", "symbol"),
        ("A_REASON_OF_NEXT_YEAR", ""),
    ],
)
def test_a_refusal_keeps_the_reason_and_names_the_field(desk, reason, field):
    desk.sandbox.fault("refuse", reason=reason, **ORDERS)
    with pytest.raises(Rejected) as refused:
        desk.exchange.place(desk.new())
    assert (refused.value.reason, refused.value.field) == (reason, field)
    assert "_" not in str(refused.value)


def test_an_order_that_fails_after_it_was_taken_says_why(desk):
    desk.sandbox.fault("fail", reason="TOO_MANY_OPEN_ORDERS", **ORDERS)
    order = desk.new()
    assert desk.exchange.place(order).state == OrderState.OPEN
    (shown,) = desk.exchange.reports([order.client_order_id])
    assert (shown.state, shown.message) == (
        OrderState.REJECTED,
        "Too many orders are open in this product; Coinbase allows 500.",
    )


def test_a_reading_with_a_key_that_is_not_taken_says_so(desk):
    desk.sandbox.fault("unauthorized", method="GET")
    with pytest.raises(KeyDenied):
        desk.exchange.balances()


def test_a_cancel_that_takes_effect_later_is_shown_as_it_stands(desk):
    order = desk.new()
    desk.exchange.place(order)
    desk.sandbox.settings(cancel_lag=5)
    desk.exchange._sleep = lambda seconds: None
    assert desk.exchange.cancel(order.client_order_id).state == OrderState.OPEN
    desk.sandbox.advance(6)
    assert desk.exchange.cancel(order.client_order_id).state == OrderState.CANCELLED


def test_many_are_cancelled_at_once(desk):
    orders = [desk.new(quantity=D("0.05"), limit_price=D(50)) for _ in range(120)]
    for order in orders:
        desk.exchange.place(order)
    desk.exchange.cancel_many([order.client_order_id for order in orders])
    assert desk.exchange.open_orders() == []


def test_fills_that_are_listed_late_are_not_lost(desk):
    """The next ones are listed with them: who read only what came after the cursor would miss the first."""
    desk.exchange.place(desk.new(limit_price=D(95), quantity=D("0.1")))
    desk.trade("94")
    (first,) = desk.exchange.fills_since(0)
    desk.sandbox.advance(30)
    desk.sandbox.settings(fill_lag=20)
    desk.exchange.place(desk.new(limit_price=D(90), quantity=D("0.2")))
    desk.trade("89")
    assert {fill.trade_id for fill in desk.exchange.fills_since(first.cursor)} == {first.trade_id}
    desk.sandbox.advance(30)
    assert sum(fill.quantity for fill in desk.exchange.fills_since(first.cursor)) == D("0.3")


def test_a_fill_of_an_order_whose_answer_was_lost_is_ours(desk):
    desk.sandbox.fault("reset_after", **ORDERS)
    order = desk.new(limit_price=D(95))
    with pytest.raises(Unknown):
        desk.exchange.place(order)
    desk.trade("94")
    fills = desk.exchange.fills_since(0)
    assert {fill.client_order_id for fill in fills} == {order.client_order_id}
    assert {fill.reason for fill in fills} == {"limit"}


def test_orders_that_others_placed_are_shown_and_not_taken_for_ours(desk):
    stranger = Tracing(desk.client)
    order = desk.new(limit_price=D(95))
    stranger.place(order)
    (shown,) = desk.exchange.open_orders()
    assert shown.client_order_id == order.client_order_id
    assert desk.exchange.reports([order.client_order_id]) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"time_in_force": TimeInForce.IOC, "post_only": True}, "post only must be off"),
        ({"time_in_force": TimeInForce.GTD}, "expires must be given"),
        ({"kind": OrderKind.STOP_LIMIT}, "stop price must be given"),
        ({"kind": OrderKind.BRACKET, "stop_price": D(80)}, "side of a bracket must be sell"),
        ({"quantity": D(0)}, "quantity must be above 0"),
    ],
)
def test_what_cannot_be_said_there_is_refused_before_it_is_sent(desk, fields, words):
    with pytest.raises(Rejected, match=words):
        desk.exchange.place(replace(desk.new(), **fields))
    assert desk.sandbox.orders() == []


def test_an_order_without_its_id_is_found_among_many_pages(desk, monkeypatch):
    monkeypatch.setattr("exchanges.coinbase.trading.finding.PAGE", 3)
    orders = [desk.new(quantity=D("0.05"), limit_price=D(50)) for _ in range(10)]
    for order in orders:
        desk.exchange.place(order)
    first = orders[0]
    trace = desk.exchange.traces.of([first.client_order_id])[first.client_order_id]
    desk.exchange.traces.add(Trace(first.client_order_id, trace.symbol, trace.kind, trace.since))
    assert desk.exchange.reports([first.client_order_id])[0].client_order_id == first.client_order_id
    assert len(desk.exchange.open_orders()) == 10
