"""Pages that change what goes on: a group's prices, a position's end; and the same order again."""

from decimal import Decimal

import pytest
from django.urls import reverse

from apps.ledger.models import Position
from apps.orders.models import Order
from apps.orders.tests.hand import Hand, state
from apps.risk.services import halt
from engine.kinds import HaltLevel, OrderKind, PlanKind, TimeInForce
from tradingsite.testing.people import NO_LIMITS, make_account

POSITIONS = reverse("portfolio:positions")


@pytest.fixture
def hand(client, market):
    hand = Hand(market)
    hand.own("1")
    client.force_login(hand.user)
    return hand


def text(answer) -> str:
    return answer.content.decode()


def close_page() -> str:
    return reverse("orders:close", args=[Position.objects.get(closed=None).pk])


def test_a_position_by_hand_is_closed_with_what_works_on_it_cancelled_first(client, hand):
    group = hand.group(PlanKind.OCO, stop_price="90", target_price="120")
    assert close_page() in text(client.get(POSITIONS))
    for query in ({}, {"fragment": "dialog"}):
        shown = text(client.get(close_page(), query))
        assert "Sell all on paper" in shown
        assert "First 1 advanced order" in shown
        assert "99.40" in shown  # 100 less the taker's fee
    address = close_page()
    assert [client.post(address, {"key": "k1"}).status_code for _ in range(2)] == [302, 302]
    hand.market.settle()
    hand.market.bar(100)
    hand.market.settle()
    assert (hand.held(), state(group)) == (0, "cancelled")
    assert Order.objects.filter(purpose="exit").count() == 1
    assert "is closed already" in text(client.get(address, follow=True))


def test_a_position_is_closed_whatever_is_halted(client, hand):
    halt(scope="account", account=hand.account, level=HaltLevel.ORDERS, reason="test", by=hand.user)
    client.post(close_page(), {"key": "k1"})
    hand.market.settle()
    hand.market.bar(100)
    hand.market.settle()
    assert hand.held() == 0


def test_a_close_without_a_sound_key_is_taken_for_nothing(client, hand):
    assert client.post(close_page(), {"key": "../x"}).status_code == 404
    assert not Order.objects.filter(purpose="exit").exists()


def test_the_stop_of_a_position_is_set_then_changed(client, hand):
    assert "Set a stop" in text(client.get(POSITIONS))
    group = hand.group(PlanKind.OCO, stop_price="90", target_price="120")
    edit = reverse("orders:group_edit", args=[group.pk])
    assert edit in text(client.get(POSITIONS))
    assert 'value="90"' in text(client.get(edit))
    wrong = client.post(edit, {"stop_price": "101", "target_price": "120"})
    assert (wrong.status_code, "Stop price must be below the last price" in text(wrong)) == (400, True)
    assert client.post(edit, {"stop_price": "95", "target_price": "120"}).status_code == 302
    hand.market.settle()
    assert Order.objects.get(group=group, state="open").stop_price == 95
    assert "95.00" in text(client.get(reverse("orders:group", args=[group.pk])))
    client.post(reverse("orders:cancel"), {"deed": f"group-{group.pk}"})
    assert "can no longer be changed" in text(client.get(edit, follow=True))


def test_a_stop_that_rests_by_itself_is_changed_as_an_order_and_several_are_shown(client, hand):
    first = hand.place("sell", OrderKind.STOP, quantity="0.4", stop_price="90")
    assert reverse("orders:edit", args=[first.pk]) in text(client.get(POSITIONS))
    hand.group(PlanKind.TRIGGER, quantity="0.4", stop_price="80")
    assert "See its stops" in text(client.get(POSITIONS))


def test_a_stranger_finds_no_position_to_close_and_no_group_to_change(client, hand):
    group = hand.group(PlanKind.TRIGGER, stop_price="90")
    addresses = [close_page(), reverse("orders:group_edit", args=[group.pk])]
    client.force_login(make_account(limits=NO_LIMITS).owner)
    for address in addresses:
        assert client.get(address).status_code == 404
        assert client.post(address, {"key": "k1", "stop_price": "95"}).status_code == 404
    assert (state(group), hand.held()) == ("active", 1)
    assert close_page() not in text(client.get(POSITIONS))


@pytest.mark.parametrize(
    ("kind", "asked", "shown"),
    [
        (PlanKind.TRAILING, {"callback": "0.025", "rest": False}, {"callback": "2.5", "quantity": "0.5"}),
        (PlanKind.OCO, {"stop_price": "90", "target_price": "120"}, {"stop_price": "90", "target_price": "120"}),
        (PlanKind.TWAP, {"slices": 3, "duration": 60}, {"slices": "3", "duration": "60"}),
    ],
)
def test_the_same_group_again_is_a_ticket_filled_in(client, hand, kind, asked, shown):
    group = hand.group(kind, quantity="0.5", **asked)
    page = text(client.get(reverse("orders:group", args=[group.pk])))
    address = page.split('<a class="btn quiet" href="')[1].split('"')[0].replace("&amp;", "&")
    ticket = text(client.get(address))
    for name, value in shown.items():
        assert f'name="{name}" value="{value}"' in ticket, name
    assert f'name="kind" value="{kind.name.lower()}"' in ticket


@pytest.mark.parametrize(
    ("kind", "prices", "shown"),
    [
        (OrderKind.MARKET, {}, ("market", {})),
        (OrderKind.LIMIT, {"limit_price": "120.50", "time_in_force": TimeInForce.IOC},
         ("limit", {"limit_price": "120.5"})),
        (OrderKind.STOP_LIMIT, {"limit_price": "89", "stop_price": "90"},
         ("trigger", {"limit_price": "89", "stop_price": "90"})),
        (OrderKind.BRACKET, {"limit_price": "120", "stop_price": "90"},
         ("oco", {"target_price": "120", "stop_price": "90"})),
    ],
)  # fmt: skip
def test_the_same_order_again_is_a_ticket_filled_in(client, hand, kind, prices, shown):
    order = hand.place("sell", kind, quantity="0.5", **prices)
    page = text(client.get(reverse("orders:order", args=[order.pk])))
    address = next(each.split('"')[0] for each in page.split('href="') if "kind=" in each.split('"')[0])
    ticket = text(client.get(address.replace("&amp;", "&")))
    name, fields = shown
    assert f'name="kind" value="{name}"' in ticket
    for field, value in (fields | {"quantity": "0.5"}).items():
        assert f'name="{field}" value="{value}"' in ticket, field


def test_a_fill_on_paper_says_which_bar_it_met(client, hand):
    bought = Order.objects.get(side="buy")
    assert "bar of 1\u00a0min at 00:0" in text(client.get(reverse("orders:order", args=[bought.pk])))
    bought.fills.update(bar=1)
    assert "bar of 1\u00a0s at" in text(client.get(reverse("orders:order", args=[bought.pk])))
    assert bought.fills.get().price == Decimal(100)
