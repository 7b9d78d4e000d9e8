"""Whatever the market does and whoever cancels: groups never sell twice, and the books balance."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.ledger.models import Balance, Hold, Position
from apps.ledger.selectors import imbalance
from apps.orders.groups.endings import group_cancel
from apps.orders.models import Order, OrderGroup
from apps.orders.services import order_cancel
from apps.orders.tests.hand import Hand
from engine.kinds import OrderKind, PlanKind
from engine.orders.states import WORKING
from tradingsite.testing.market import Market, make_product

pytestmark = pytest.mark.django_db
PLANS: dict[str, tuple[PlanKind, dict[str, Any]]] = {
    "oco": (PlanKind.OCO, {"side": "sell", "stop_price": "95", "target_price": "105"}),
    "trailing": (PlanKind.TRAILING, {"side": "sell", "callback": "0.03"}),
    "armed": (PlanKind.TRAILING, {"side": "sell", "callback": "0.02", "rest": False}),
    "ladder": (PlanKind.TRIGGER, {"side": "sell", "stop_price": "96", "limit_price": "95", "escalate_after": 60}),
    "iceberg": (PlanKind.ICEBERG, {"side": "sell", "display": "0.3", "drift": "0.001"}),
    "twap": (PlanKind.TWAP, {"side": "sell", "slices": 3, "duration": 240, "offset": "0.01"}),
    "bracket": (PlanKind.BRACKET, {"side": "buy", "limit_price": "99", "stop_price": "94", "target_price": "104"}),
}
BARS = st.tuples(st.integers(90, 110), st.integers(0, 6), st.integers(0, 6), st.sampled_from([0.4, 2.0, 50.0]))
DEEDS = st.one_of(
    st.tuples(st.just("bar"), BARS),
    st.tuples(st.just("cancel order"), st.integers(0, 5)),
    st.tuples(st.just("cancel group"), st.integers(0, 3)),
    st.tuples(st.just("sell"), st.sampled_from(["0.4", "1"])),
    st.tuples(st.just("open"), st.sampled_from(sorted(PLANS))),
)


def act(hand: Hand, what: str, about: Any) -> None:
    if what == "bar":
        middle, up, down, volume = about
        hand.market.bar(middle, high=middle + up, low=middle - down, volume=volume)
    elif what == "cancel order":
        working = Order.objects.filter(state__in=WORKING, purpose__in=["entry", "protect"]).order_by("pk")
        if about < len(working):
            order_cancel(order=working[about], user=hand.user)
    elif what == "cancel group":
        active = OrderGroup.objects.filter(state="active").order_by("pk")
        if about < len(active):
            group_cancel(user=hand.user, group=active[about])
    elif what == "sell":
        hand.place("sell", OrderKind.MARKET, quantity=about, sent=False)
    else:
        kind, params = PLANS[about]
        hand.group(kind, quantity="1", sent=False, **params)


def check(hand: Hand) -> None:
    assert imbalance(hand.account) == {}
    for balance in Balance.objects.all():
        holds = sum(hold.amount for hold in Hold.objects.filter(currency=balance.currency))
        assert balance.held == holds <= balance.total
    for group in OrderGroup.objects.all():
        sides = {side: sum(row.filled for row in group.orders.filter(side=side)) for side in ("buy", "sell")}
        most = sides["buy"] if group.kind == PlanKind.BRACKET else group.quantity
        assert sides["sell"] <= most, group
        assert sides["buy"] <= group.quantity, group
    assert all(position.quantity >= 0 for position in Position.objects.all())


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(deeds=st.lists(DEEDS, min_size=6, max_size=14))
def test_nothing_is_sold_twice_and_every_hold_has_its_order(db, deeds):
    with transaction.atomic():
        hand = Hand(Market(make_product()))
        hand.own("2")
        for what, about in deeds:
            try:
                act(hand, what, about)
            except ValidationError:
                continue  # a rule forbade it: nothing happened
            hand.market.settle()
            check(hand)
        transaction.set_rollback(True)
