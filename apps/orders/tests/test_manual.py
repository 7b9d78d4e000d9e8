"""Orders by hand on paper: placed, filled, edited; what a rule forbids is refused with the field and the rule."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.ledger.holders import MANUAL
from apps.ledger.selectors import imbalance
from apps.operations.models import AuditEntry
from apps.orders.estimates import estimate
from apps.orders.groups.creation import group_estimate
from apps.orders.manual import order_place
from apps.orders.models import Order
from apps.orders.services import order_cancel
from apps.orders.tests.hand import Hand, state
from apps.orders.tickets import Ticket
from apps.risk.services import halt
from engine.kinds import EventKind, HaltLevel, OrderKind, PlanKind, TimeInForce
from tradingsite.testing.market import START
from tradingsite.testing.people import NO_LIMITS, make_bot, make_user
from tradingsite.testing.scripted import LONG

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def hand(market):
    return Hand(market)


def refused(hand, *args, **fields):
    with pytest.raises(ValidationError) as refusal:
        hand.place(*args, **fields)
    return {field: " ".join(words) for field, words in refusal.value.message_dict.items()}


def test_a_market_buy_fills_at_the_next_open_and_belongs_to_the_hand(hand):
    order = hand.place("buy", quantity="2", sent=False)
    assert (order.holder, order.state, order.purpose, order.bot_id) == (MANUAL, "pending", "entry", None)
    hand.market.settle()
    hand.market.bars(101)
    assert (state(order), order.average_price, hand.held()) == ("filled", 101, 2)
    assert (hand.balance().held, imbalance(hand.account)) == (0, {})
    assert AuditEntry.objects.get(action="order.place").actor == hand.user


def test_an_amount_is_what_a_market_buy_costs_at_most_fees_included(hand):
    order = hand.place("buy", quantity="", amount="503")
    hand.market.bars(100)
    assert (state(order), order.funds) == ("filled", 503)
    assert D("502.99") < order.filled_notional + order.fees <= 503


def test_a_resting_buy_holds_its_worst_cost_and_gives_it_back_when_cancelled(hand):
    order = hand.place("buy", OrderKind.LIMIT, limit_price="90.009")
    assert (state(order), order.limit_price) == ("open", D("90"))
    assert D("90.54") <= hand.balance().held < D("90.5401")
    order_cancel(order=order, user=hand.user)
    hand.market.settle()
    assert (state(order), hand.balance().held) == ("cancelled", 0)


def test_a_resting_buy_fills_as_a_maker_when_the_price_goes_through_it(hand):
    order = hand.place("buy", OrderKind.LIMIT, limit_price="95")
    hand.market.bar(100, low=94)
    assert (state(order), order.average_price, order.fills.get().maker) == ("filled", 95, True)
    assert hand.balance().held == 0


def test_the_same_request_makes_no_second_order(hand):
    first, second = (hand.place("buy", request="once") for _ in range(2))
    assert first == second
    assert AuditEntry.objects.filter(action="order.place").count() == 1


@pytest.mark.parametrize(
    ("kind", "prices", "bar", "price"),
    [
        (OrderKind.LIMIT, {"limit_price": "105"}, {"high": 106}, 105),
        (OrderKind.STOP, {"stop_price": "95"}, {"low": 94}, 95),
        (OrderKind.BRACKET, {"stop_price": "95", "limit_price": "105"}, {"low": 94, "high": 106}, 95),
        (OrderKind.MARKET, {}, {}, 100),
    ],
)
def test_what_was_bought_is_sold_by_every_plain_kind(hand, kind, prices, bar, price):
    hand.own("1")
    order = hand.place("sell", kind, **prices)
    hand.market.bar(100, **bar)
    assert (state(order), order.average_price, hand.held()) == ("filled", price, 0)
    assert (hand.balance("BTC").held, imbalance(hand.account)) == (0, {})


def test_a_stop_limit_rests_at_its_limit_once_triggered(hand):
    hand.own("1")
    order = hand.place("sell", OrderKind.STOP_LIMIT, stop_price="95", limit_price="96")
    hand.market.bar(100, low=94, close=94)
    hand.market.bars(94)
    assert state(order) == "open"
    hand.market.bar(94, high=97)
    assert (state(order), order.average_price) == ("filled", 96)


def test_a_good_till_date_order_ends_with_its_time(hand):
    until = datetime.fromtimestamp(hand.market.now + 60, UTC)
    order = hand.place("buy", OrderKind.LIMIT, limit_price="90", time_in_force=TimeInForce.GTD, expires=until)
    hand.market.bars(100, 100, 100)
    assert (state(order), hand.balance().held) == ("expired", 0)


def test_a_post_only_order_that_would_take_is_refused_by_the_exchange(hand):
    order = hand.place("buy", OrderKind.LIMIT, limit_price="110", post_only=True)
    hand.market.bars(100)
    assert (state(order), hand.balance().held) == ("rejected", 0)
    assert "would have traded at once" in order.message


def test_an_immediate_order_is_cancelled_with_what_it_did_not_get(hand):
    order = hand.place("buy", OrderKind.LIMIT, limit_price="99", time_in_force=TimeInForce.IOC)
    hand.market.bars(100)
    assert (state(order), hand.balance().held) == ("cancelled", 0)


def test_more_than_the_hand_has_bought_is_never_sold(hand):
    make_bot(hand.account, hand.product, params={"stop": 0.5, "target": 0.5}, size=0.05)
    hand.own("1")
    hand.market.bar(100, volume=LONG)
    hand.market.bars(100)
    assert hand.balance("BTC").total > 5
    assert (
        "1.5 BTC to sell, 1 BTC of what was bought by hand is free" in refused(hand, "sell", quantity="1.5")["quantity"]
    )
    hand.place("sell", OrderKind.LIMIT, quantity="0.6", limit_price="120")
    assert "0.4 BTC of what was bought by hand is free" in refused(hand, "sell", quantity="0.5")["quantity"]
    hand.place("sell", quantity="0.4")


def test_an_order_that_would_trade_with_another_of_the_account_is_refused(hand):
    hand.own("1")
    resting = hand.place("sell", OrderKind.LIMIT, limit_price="110")
    words = refused(hand, "buy", OrderKind.LIMIT, limit_price="111")["quantity"]
    assert words == f"would trade with order #{resting.pk} of the same account"


def test_a_stop_limit_that_sleeps_keeps_no_purchase_back(hand):
    hand.own("1")
    sleeping = hand.place("sell", OrderKind.STOP_LIMIT, stop_price="95", limit_price="94")
    assert hand.place("buy").state != "denied"
    hand.market.bar(90)  # past stop and limit: it rests at its limit now
    words = refused(hand, "buy", OrderKind.LIMIT, limit_price="94")["quantity"]
    assert words == f"would trade with order #{sleeping.pk} of the same account"


@pytest.mark.parametrize(
    ("limits", "quantity", "field", "words"),
    [
        ({"max_position": 0.10}, "11", "quantity", "11.00\u00a0% of equity, at most 10.00\u00a0%"),
        ({"max_exposure": 0.5}, "51", "quantity", "51.00\u00a0% of equity in the market, at most 50.00\u00a0%"),
        ({}, "100", "quantity", "10,060.00 needed, 10,000.00 free"),
        ({}, "0.005", "quantity", "order of 0.50, at least 1.00"),
    ],
)
def test_the_hard_rules_of_bots_hold_for_hands(market, limits, quantity, field, words):
    hand = Hand(market, NO_LIMITS | limits)
    assert refused(hand, "buy", quantity=quantity) == {field: words}
    assert not Order.objects.exists()


def test_a_position_that_grows_counts_as_one_and_as_a_whole(market):
    hand = Hand(market, NO_LIMITS | {"max_positions": 1, "max_position": 0.10})
    hand.own("6")
    assert "of equity, at most 10.00\u00a0%" in refused(hand, "buy", quantity="5")["quantity"]
    hand.place("buy", quantity="3")


@pytest.mark.parametrize(
    ("level", "side", "kind", "goes"),
    [
        (HaltLevel.ENTRIES, "buy", OrderKind.MARKET, False),
        (HaltLevel.ENTRIES, "sell", OrderKind.LIMIT, True),
        (HaltLevel.ORDERS, "sell", OrderKind.LIMIT, False),
        (HaltLevel.ORDERS, "sell", OrderKind.MARKET, True),
    ],
)
def test_a_halt_lets_out_and_not_in(hand, level, side, kind, goes):
    hand.own("1")
    halt(scope="account", account=hand.account, level=level, reason="test", by=hand.user)
    prices = {"limit_price": "110"} if kind == OrderKind.LIMIT else {}
    if goes:
        order = hand.place(side, kind, **prices)
        assert state(order) == "open"
    else:
        assert refused(hand, side, kind, **prices) == {"account": "a halt is in force"}


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"side": "short"}, "side", "must be buy or sell, was 'short'"),
        ({"quantity": "0"}, "quantity", "must be above 0"),
        ({"quantity": "0.000000001"}, "quantity", "must be at least 0.00000001, was 0.000000001"),
        ({"quantity": ""}, "quantity", "must be given"),
        ({"amount": "5"}, "quantity", "must be left out beside an amount"),
        ({"limit_price": "90"}, "limit_price", "must be left out of a market order"),
        ({"kind": OrderKind.LIMIT}, "limit_price", "must be given for a limit order"),
        ({"kind": OrderKind.STOP, "stop_price": "99"}, "stop_price", "must be above the last price of 100, was 99"),
        ({"kind": OrderKind.BRACKET, "stop_price": "1", "limit_price": "2"}, "kind", "must not be bracket for a buy"),
        ({"time_in_force": TimeInForce.IOC}, "time_in_force", "must be left out of a market order"),
        ({"kind": OrderKind.STOP, "stop_price": "101", "time_in_force": TimeInForce.FOK}, "time_in_force", "GTC"),
        ({"post_only": True}, "post_only", "only a limit order"),
        ({"kind": OrderKind.LIMIT, "limit_price": "90", "time_in_force": TimeInForce.GTD}, "expires", "must be given"),
        ({"kind": OrderKind.LIMIT, "limit_price": "90", "time_in_force": TimeInForce.GTD,
          "expires": datetime.fromtimestamp(START, UTC) - timedelta(1)}, "expires", "must be after the market's time"),
    ],
)  # fmt: skip
def test_a_ticket_that_makes_no_sense_names_the_field_and_the_rule(hand, fields, field, words):
    told = {"side": "buy", "kind": OrderKind.MARKET, "quantity": "1"} | fields
    told_back = refused(hand, told.pop("side"), told.pop("kind"), **told)
    assert list(told_back) == [field]
    assert words in told_back[field]


def test_nobody_trades_for_somebody_else(hand):
    with pytest.raises(ValidationError, match="must be one of your accounts"):
        order_place(
            user=make_user(is_staff=True, is_superuser=True), account=hand.account, product=hand.product,
            ticket=Ticket("buy", quantity=D(1)), request="x",
        )  # fmt: skip


def test_an_edit_cancels_the_old_order_and_places_what_it_left(hand):
    old = hand.place("buy", OrderKind.LIMIT, quantity="2", limit_price="90")
    new = hand.edit(old, limit_price="91", quantity="3")
    assert (state(old), new.state, new.replaces) == ("open", "pending", old)
    hand.market.settle()
    assert (state(old), state(new), new.quantity, new.limit_price) == ("cancelled", "open", 3, 91)
    assert D("274.6") < hand.balance().held < D("274.7")
    assert hand.edit(old, limit_price="91", quantity="3") == new


def test_an_edited_order_asks_only_for_what_its_forerunner_left(hand):
    hand.own("2")
    old = hand.place("sell", OrderKind.LIMIT, quantity="2", limit_price="110")
    new = hand.edit(old, limit_price="105")
    for kind in (EventKind.OPEN, EventKind.BAR):  # through the old one, before its cancel is sent
        hand.market.commit(hand.product, kind, (100, 111, 100, 100, 1))
    hand.market.settle()
    assert (state(old), state(new), hand.held()) == ("filled", "denied", 0)
    assert new.message == f"nothing is left of it: order #{old.pk} was filled before its cancel"


def test_what_is_over_led_by_a_bot_or_cannot_rest_is_not_edited(hand):
    done = hand.place("buy")
    hand.market.bars(100)
    with pytest.raises(ValidationError, match="must be a resting one"):
        hand.edit(done, quantity="2")
    make_bot(hand.account, hand.product, params={"stop": 0.5}, size=0.05)
    hand.market.bar(100, volume=LONG)
    hand.market.bars(100)
    with pytest.raises(ValidationError, match="must be one placed by hand"):
        hand.edit(Order.objects.get(purpose="protect"), stop_price="10")


def test_an_edit_that_a_rule_forbids_leaves_the_order_as_it_is(hand):
    old = hand.place("buy", OrderKind.LIMIT, limit_price="90")
    with pytest.raises(ValidationError, match="needed"):
        hand.edit(old, quantity="1000")
    old.refresh_from_db()
    assert (old.state, old.cancel_requested) == ("open", False)


def test_an_estimate_tells_cost_exposure_and_every_rule_and_writes_nothing(hand):
    ticket = Ticket("buy", OrderKind.LIMIT, quantity=D(2), limit_price=D(95))
    told = estimate(account=hand.account, product=hand.product, ticket=ticket)
    assert (told.price, told.notional, told.fee, told.total, told.slippage) == (95, 190, D("1.14"), D("191.14"), 0)
    assert (told.makes, told.refusal, told.exposure_after) == (True, "", pytest.approx(0.019))
    assert [line.key for line in told.lines] == [
        "data", "market", "halt", "max_positions", "position_size", "exposure", "daily_loss", "balance", "min_size",
        "exchange",
    ]  # fmt: skip
    assert not Order.objects.exists()


def test_a_stop_slips_against_its_stop_and_an_entry_that_rests_makes(hand):
    hand.own("1")
    hand.account.slippage = D("0.001")
    hand.account.save()
    ticket = Ticket("sell", OrderKind.STOP, D(1), stop_price=D(90))
    stop = estimate(account=hand.account, product=hand.product, ticket=ticket)
    assert (stop.price, stop.slippage) == (D("89.91"), D("0.001"))
    asked = {"side": "buy", "quantity": "1", "limit_price": "90", "stop_price": "80"}
    entry = group_estimate(account=hand.account, product=hand.product, kind=PlanKind.BRACKET, params=asked)
    assert (entry.makes, entry.slippage) == (True, 0)
    asked |= {"side": "sell", "stop_price": "95", "limit_price": "94"}
    exit_ = group_estimate(account=hand.account, product=hand.product, kind=PlanKind.TRIGGER, params=asked)
    assert (exit_.makes, exit_.slippage) == (False, 1 - D(94) / D(95))


def test_an_estimate_warns_of_what_is_allowed_and_perhaps_not_meant(hand):
    taking = Ticket("buy", OrderKind.LIMIT, quantity=D(1), limit_price=D(130))
    assert len(estimate(account=hand.account, product=hand.product, ticket=taking).warnings) == 2
