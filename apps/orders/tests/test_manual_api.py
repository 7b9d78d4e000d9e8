"""Orders by hand through the API: estimated, placed once a key, edited, cancelled in heaps."""

import pytest

from apps.orders.models import Order
from apps.orders.tests.hand import Hand
from engine.kinds import PlanKind
from tradingsite.testing.api import Caller
from tradingsite.testing.people import NO_LIMITS, make_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(market):
    market.bars(100)
    return make_account(limits=NO_LIMITS)


@pytest.fixture
def caller(account):
    return Caller(account.owner)


@pytest.fixture
def body(account):
    return {"account": account.pk, "product": "BTC-USD", "side": "buy", "kind": "limit", "quantity": "2",
            "limit_price": "90"}  # fmt: skip


def test_an_order_is_placed_and_told_with_its_address(caller, body):
    answer = caller.post("orders/", body | {"post_only": True})
    told = answer.json()
    assert (answer.status_code, told["state"], told["kind"], told["post_only"]) == (201, "pending", "limit", True)
    assert caller.get(answer.headers["Location"]).json()["id"] == told["id"]


def test_a_repeated_key_places_no_second_order(caller, body):
    headers = {"Idempotency-Key": "once"}
    first, second = (caller.post("orders/", body, **headers).json() for _ in range(2))
    assert first == second
    assert Order.objects.count() == 1


def test_an_estimate_tells_each_rule_and_places_nothing(caller, body):
    told = caller.post("orders/estimate/", body | {"quantity": "200"}).json()
    assert (told["price"], told["notional"], told["liquidity"]) == ("90", "18000", "maker")
    assert told["refusal"] == "18,108.00 needed, 10,000.00 free"
    assert [rule["key"] for rule in told["rules"] if rule["status"] == "blocks"] == ["balance"]
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"quantity": "200"}, "quantity", "18,108.00 needed, 10,000.00 free"),
        ({"quantity": "nan"}, "quantity", "A valid number is required."),
        ({"product": "ETH-USD"}, "product", "must be one traded at the account's venue, was 'ETH-USD'"),
        ({"kind": "market"}, "limit_price", "must be left out of a market order"),
        ({"time_in_force": "gtd"}, "expires", "must be given for GTD and for nothing else, was None"),
        ({"whim": 1}, "whim", "must be a field of this request"),
    ],
)
def test_what_is_wrong_is_told_by_its_field(caller, body, change, field, rule):
    answer = caller.post("orders/", body | change)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert rule in answer.json()["errors"][0]["rule"]


def test_an_edit_answers_with_the_order_that_follows(market, caller, body):
    old = caller.post("orders/", body).json()
    market.settle()
    new = caller.patch(f"orders/{old['id']}/", {"limit_price": "91.5"})
    assert (new.status_code, new.json()["replaces"], new.json()["limit_price"]) == (201, old["id"], "91.5")
    market.settle()
    assert caller.get(f"orders/{old['id']}/").json()["state"] == "cancelled"
    assert caller.patch(f"orders/{old['id']}/", {"limit_price": "92"}).status_code == 409
    assert caller.patch(f"orders/{old['id']}/", {}).status_code == 400


def test_orders_are_cancelled_by_their_ids_or_all_of_an_account(market, caller, body, account):
    ids = [caller.post("orders/", body).json()["id"] for _ in range(3)]
    market.settle()
    assert caller.post("orders/cancellations/", {"orders": ids[:1]}).json()["orders"] == ids[:1]
    market.settle()
    assert caller.post("orders/cancellations/", {"account": account.pk}).json()["orders"] == ids[1:]
    market.settle()
    assert set(Order.objects.values_list("state", flat=True)) == {"cancelled"}
    assert caller.post("orders/cancellations/", {"orders": [10**9]}).status_code == 400
    assert caller.post("orders/cancellations/", {}).status_code == 400


def test_a_group_changes_its_prices_and_a_position_is_closed(market):
    hand = Hand(market)
    hand.own("1")
    caller = Caller(hand.user)
    group = hand.group(PlanKind.OCO, stop_price="90", target_price="120")
    address = f"order-groups/{group.pk}/"
    told = caller.patch(address, {"params": {"stop_price": "95"}})
    assert (told.status_code, told.json()["params"]["stop_price"]) == (200, "95")
    market.settle()
    assert caller.get(address).json()["params"]["stop_price"] == "95"
    for params, field in (
        ({"stop_price": "101"}, "params.stop_price"),
        ({"quantity": "2"}, "params.quantity"),
        ({}, "params"),
    ):
        refused = caller.patch(address, {"params": params})
        assert (refused.status_code, [error["field"] for error in refused.json()["errors"]]) == (400, [field])
    (position,) = caller.get("positions/").json()["results"]
    closing = f"positions/{position['id']}/close/"
    answer = caller.post(closing)
    assert (answer.status_code, answer.json()["purpose"]) == (201, "exit")
    assert caller.post(closing).json()["id"] == answer.json()["id"]
    market.settle()
    market.bar(100)
    market.settle()
    assert hand.held() == 0
    assert caller.patch(address, {"params": {"stop_price": "95"}}).status_code == 409
    assert caller.post(closing).status_code == 404
