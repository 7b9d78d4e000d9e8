"""A sender that dies leaves a claimed order: it is looked up, never sent again blindly."""

from django.conf import settings

from apps.orders.submission import _claim_orders
from engine.orders.states import OrderState
from exchanges.port import Unknown


def die_after_claim(desk):
    """An order whose sender claimed it and was killed."""
    order = desk.buy()
    _claim_orders(desk.account.pk)
    assert desk.state(order) == "submitting"
    return order


def test_nobody_touches_an_order_while_its_sender_has_the_lease(desk, clock):
    order = die_after_claim(desk)
    clock.shift(settings.ORDER_LEASE - 1)
    desk.work()
    assert (desk.state(order), desk.exchange.sent, desk.exchange.lookups) == ("submitting", [], 0)


def test_what_the_dead_sender_had_sent_is_taken_over(desk, clock):
    order = die_after_claim(desk)
    desk.exchange.show(order.client_order_id, OrderState.OPEN)
    desk.exchange.fill(order.client_order_id, "1", "100", state=OrderState.FILLED)
    clock.shift(settings.ORDER_LEASE + 1)
    desk.work()
    assert (desk.state(order), desk.position(), desk.exchange.sent) == ("filled", 1, [])
    assert order.exchange_order_id
    assert "found at the exchange" in desk.events(order)


def test_what_a_final_look_up_does_not_find_is_sent_again_once(desk, clock):
    desk.exchange.not_found_is_final = True
    order = die_after_claim(desk)
    clock.shift(settings.ORDER_LEASE + 1)
    desk.work()
    desk.work()
    assert (desk.state(order), len(desk.exchange.sent)) == ("open", 1)
    assert "never arrived" in desk.events(order)


def test_where_not_found_proves_nothing_it_is_asked_for_over_the_grace_time(desk, clock):
    order = die_after_claim(desk)
    clock.shift(settings.ORDER_LEASE + 1)
    desk.work()
    assert (desk.state(order), order.message) == ("unknown", "the sender died while sending")
    for _ in range(5):
        desk.work()
    assert desk.state(order) == "unknown"  # asked often, but not for long enough
    clock.shift(settings.NOT_FOUND_GRACE)
    desk.work()
    assert (desk.state(order), order.message) == ("not_found", "the exchange does not know this order")
    assert (desk.held(), desk.exchange.sent) == (110, [])  # it may turn up: its money stays held


def test_one_look_up_after_a_long_silence_is_not_enough(desk, clock):
    order = die_after_claim(desk)
    clock.shift(settings.NOT_FOUND_GRACE * 10)
    desk.work()
    desk.work()
    assert desk.state(order) == "unknown"


def test_an_order_that_turns_up_after_all_is_taken_over(desk, clock):
    order = die_after_claim(desk)
    clock.shift(settings.NOT_FOUND_GRACE * 10)
    for _ in range(5):
        desk.work()
    assert desk.state(order) == "not_found"
    desk.exchange.show(order.client_order_id, OrderState.OPEN)
    desk.exchange.fill(order.client_order_id, "1", "100", state=OrderState.FILLED)
    desk.work()
    assert (desk.state(order), desk.position(), desk.held()) == ("filled", 1, 0)


def test_a_slow_sender_that_comes_back_changes_nothing(desk, clock, monkeypatch):
    """It stood still for longer than its lease, while another took the order over."""
    order = desk.buy()
    place = desk.exchange.place

    def stall(new):
        place(new)
        monkeypatch.setattr(desk.exchange, "place", place)
        clock.shift(settings.ORDER_LEASE + 1)
        desk.work()
        assert desk.state(order) == "open"
        raise Unknown("timeout")

    monkeypatch.setattr(desk.exchange, "place", stall)
    desk.work()
    assert (desk.state(order), len(desk.exchange.sent)) == ("open", 1)
