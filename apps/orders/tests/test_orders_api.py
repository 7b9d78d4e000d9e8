"""Orders by API: found, followed, cancelled."""

import pytest

from apps.orders.models import Order
from engine.orders.states import OrderState
from tradingsite.testing.api import Desk, make_desk


@pytest.fixture
def desk(market) -> Desk:
    return make_desk(market)


def ids(desk, query=""):
    return [row["id"] for row in desk.caller.get(f"orders/{query}").json()["results"]]


def test_orders_are_found_by_what_they_are(desk):
    every = list(Order.objects.order_by("-pk").values_list("pk", flat=True))
    mine = list(Order.objects.filter(holder=desk.bot.holder).order_by("-pk").values_list("pk", flat=True))
    resting = list(Order.objects.filter(state=OrderState.OPEN).order_by("-pk").values_list("pk", flat=True))
    assert ids(desk) == every
    assert ids(desk, f"?bot={desk.bot.pk}") == mine
    assert ids(desk, "?working=true") == ids(desk, "?state=open") == resting
    assert set(ids(desk, "?working=false")) == set(every) - set(resting)
    assert ids(desk, "?purpose=entry&side=sell") == []
    assert ids(desk, "?until=2020-01-01T00:00:00Z") == []
    told = desk.caller.get(f"orders/{mine[0]}/").json()
    assert mine[0] in ids(desk, f"?correlation_id={told['correlation_id']}")
    assert ids(desk, "?correlation_id=another-cause") == []


@pytest.mark.parametrize("query", ["?bot=x", "?bot=1.5", f"?bot={10**20}", "?state=lost", "?working=perhaps"])
def test_a_filter_that_makes_no_sense_is_refused(desk, query):
    assert desk.caller.get(f"orders/{query}").status_code == 400


def test_an_order_tells_amounts_as_strings_and_all_that_happened(desk):
    entry = Order.objects.get(holder=desk.bot.holder, purpose=Order.Purpose.ENTRY)
    told = desk.caller.get(f"orders/{entry.pk}/").json()
    assert (told["bot"], told["kind"], told["side"], told["state"]) == (desk.bot.pk, "market", "buy", "filled")
    assert (told["average_price"], told["quantity"]) == ("103", f"{entry.quantity.normalize():f}")
    assert told["events"][0]["kind"] == "created"
    assert [(fill["price"], fill["reason"]) for fill in told["fills"]] == [("103", "market")]


def test_a_working_order_is_cancelled_once_and_one_that_is_over_never(desk):
    resting = Order.objects.get(holder=desk.bot.holder, purpose=Order.Purpose.PROTECT)
    path = f"orders/{resting.pk}/cancel/"
    assert desk.caller.post(path).json()["cancel_requested"] is True
    assert desk.caller.post(path).status_code == 200
    assert resting.events.filter(kind="cancel requested").count() == 1
    desk.market.settle()
    refused = desk.caller.post(path)
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "state: must be working to be cancelled, was cancelled",
    )
