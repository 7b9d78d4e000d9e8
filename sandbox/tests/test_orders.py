"""Every order type on a market that is moved by hand."""

from decimal import Decimal

import pytest

from sandbox.clock import stamp
from sandbox.refusals import Denied, Refusal
from sandbox.terms import DOWN, UP
from sandbox.tests.world import BOB, World


@pytest.fixture
def world():
    world = World()
    world.price(60000)
    return world


def refused(call, *args, **fields) -> str:
    with pytest.raises(Refusal) as caught:
        call(*args, **fields)
    return caught.value.code


def test_a_market_buy_by_funds_costs_them_to_the_last_digit_and_keeps_a_residue(world):
    before = world.total("USD")
    order = world.order("BUY", "market_market_ioc", quote_size="1.5")
    assert order.status == "FILLED"
    assert before - world.total("USD") == Decimal("1.5")
    assert order.value == Decimal("1.4866204162537166")  # 1.5 / 1.009
    assert order.fees == Decimal("1.5") - order.value
    assert order.filled % order.product.base_increment != 0
    assert len(order.fills) >= 2


def test_a_market_order_stops_at_the_price_protection(world):
    order = world.order("SELL", "market_market_ioc", base_size="2")
    assert order.status in ("FILLED", "CANCELLED")
    thin = World()
    thin.exchange.market("BTC-USD").crowd.depth = Decimal("0.00001")
    thin.price(60000)
    cut = thin.order("SELL", "market_market_ioc", base_size="2")
    assert cut.status == "CANCELLED"
    assert 0 < cut.filled < 2


def test_a_limit_order_waits_its_turn_and_fills_at_its_price(world):
    order = world.limit("BUY", "0.5", 59000)
    assert (order.status, world.held("USD")) == ("OPEN", Decimal("29765.5"))
    world.price(59500)
    assert order.filled == 0
    world.price(59000, "0.2")
    assert Decimal(0) < order.filled <= Decimal("0.2")
    world.price(58900)
    assert order.status == "FILLED"
    assert order.average == 59000
    assert order.fills[0].fee == order.fills[0].value * order.maker_rate
    assert world.held("USD") == 0


def test_queue_order_is_price_then_time(world):
    late = world.limit("SELL", "0.1", 61000, user=BOB)
    later = world.limit("SELL", "0.1", 61000)
    better = world.limit("SELL", "0.1", 60999)
    exchange = world.exchange
    taken = exchange.market("BTC-USD")
    taken.crowd.withdraw(taken.book)
    world.price(61000, "0.25")
    assert (better.filled, late.filled, later.filled) == (Decimal("0.1"), Decimal("0.1"), Decimal("0.05"))


def test_post_only_is_refused_when_it_would_take(world):
    assert refused(world.limit, "BUY", "0.1", 61000, post_only=True) == "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY"
    assert world.limit("BUY", "0.1", 59000, post_only=True).status == "OPEN"


def test_ioc_keeps_what_it_got_and_fok_takes_all_or_nothing(world):
    market = world.exchange.market("BTC-USD")
    market.crowd.depth = Decimal("0.001")
    market.crowd.withdraw(market.book)
    world.price(60001)
    ioc = world.order("BUY", "sor_limit_ioc", base_size="1", limit_price="60100")
    assert ioc.status == "CANCELLED"
    assert 0 < ioc.filled < 1
    fields = {"base_size": "1", "limit_price": "60100"}
    assert refused(world.order, "BUY", "limit_limit_fok", **fields) == "PREVIEW_INVALID_NO_LIQUIDITY"
    assert world.order("BUY", "limit_limit_fok", base_size="0.00002", limit_price="60500").status == "FILLED"


def test_gtd_expires_at_its_time(world):
    end = stamp(world.exchange.clock.now() + 60 * 10**9)
    order = world.order("BUY", "limit_limit_gtd", base_size="0.1", limit_price="50000", end_time=end)
    world.pass_time(59)
    assert order.status == "OPEN"
    world.pass_time(2)
    assert (order.status, order.cancel_message) == ("EXPIRED", "Order expired")
    assert world.held("USD") == 0


def test_a_stop_limit_waits_for_the_last_trade(world):
    fields = {"base_size": "0.5", "limit_price": "58900", "stop_price": "59000", "stop_direction": DOWN}
    order = world.order("SELL", "stop_limit_stop_limit_gtc", **fields)
    assert (order.waits, world.held("BTC")) == (True, Decimal("0.5"))
    world.price(59001)
    assert order.waits
    world.price(58999)
    assert (order.triggered, order.status) == (True, "FILLED")
    wrong = {**fields, "stop_price": "60500", "limit_price": "60400"}
    code = refused(world.order, "SELL", "stop_limit_stop_limit_gtc", **wrong)
    assert code == "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE"
    up = {"base_size": "0.1", "limit_price": "58000", "stop_price": "57000", "stop_direction": UP}
    assert refused(world.order, "BUY", "stop_limit_stop_limit_gtc", **up) == "PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE"


@pytest.mark.parametrize(("price", "triggered"), [(63000, False), (56900, True)])
def test_a_bracket_ends_on_either_side_once(world, price, triggered):
    fields = {"base_size": "1", "limit_price": "62000", "stop_trigger_price": "57000"}
    order = world.order("SELL", "trigger_bracket_gtc", **fields)
    assert world.held("BTC") == 1
    world.price(price)
    world.pass_time(30)
    assert (order.status, order.filled, order.triggered) == ("FILLED", Decimal(1), triggered)
    assert world.total("BTC") == 1


def test_a_bracket_over_more_than_is_there_is_refused(world):
    fields = {"base_size": "3", "limit_price": "62000", "stop_trigger_price": "57000"}
    assert (
        refused(world.order, "SELL", "trigger_bracket_gtc", **fields) == "PREVIEW_BRACKET_ORDER_SIZE_EXCEEDS_POSITION"
    )


def test_attached_exits_come_with_the_fill_and_have_its_size(world):
    exits = {"trigger_bracket_gtc": {"limit_price": "65000", "stop_trigger_price": "55000"}}
    parent = world.order("BUY", "market_market_ioc", base_size="0.3", attached=exits)
    child = world.exchange.desk.get(parent.child)
    assert (child.parent, child.size, child.side) == (parent.order_id, Decimal("0.3"), "SELL")
    world.price(66000)
    assert child.status == "FILLED"


def test_a_twap_buys_in_slices(world):
    now = world.exchange.clock.now()
    order = world.order(
        "BUY", "twap_limit_gtd", base_size="0.4", limit_price="70000", number_buckets="4", bucket_duration="300s",
        start_time=stamp(now), end_time=stamp(now + 1200 * 10**9),
    )  # fmt: skip
    seen = []
    for _ in range(4):
        world.pass_time(10)
        seen.append(order.filled)
        world.pass_time(290)
    assert seen == [Decimal("0.1"), Decimal("0.2"), Decimal("0.3"), Decimal("0.4")]
    assert order.status == "FILLED"


def test_a_cancel_is_done_once_and_frees_the_hold(world):
    world.exchange.settings.cancel_lag = 2
    order = world.limit("BUY", "0.1", 50000)
    cancel = world.exchange.cancel
    assert cancel("ann", order.order_id) == "UNKNOWN_CANCEL_FAILURE_REASON"
    assert (order.status, order.pending_cancel) == ("CANCEL_QUEUED", True)
    assert cancel("ann", order.order_id) == "DUPLICATE_CANCEL_REQUEST"
    world.pass_time(3)
    assert (order.status, world.held("USD")) == ("CANCELLED", 0)
    assert cancel("ann", order.order_id) == "UNKNOWN_CANCEL_ORDER"
    assert cancel("ann", "nobody's") == "UNKNOWN_CANCEL_ORDER"
    assert cancel("bob", order.order_id) == "UNKNOWN_CANCEL_ORDER"


def test_an_edit_changes_price_and_size_of_the_same_order(world):
    order = world.limit("BUY", "0.5", 50000)
    edit = world.edit
    assert edit(order.order_id, "51000", "0.4") == ""
    assert (order.limit, order.size, world.held("USD")) == (51000, Decimal("0.4"), Decimal("20583.6"))
    assert edit(order.order_id, "51000", "0.4") == "EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST"
    assert edit(order.order_id, "51000", "") == "INVALID_EDITED_SIZE"
    assert edit(order.order_id, "51000.001", "0.4") == "INVALID_EDITED_PRICE"
    assert edit("nobody's", "51000", "0.4") == "ORDER_NOT_FOUND"
    assert edit(order.order_id, "51000", "90") == "PREVIEW_INSUFFICIENT_FUND"
    world.exchange.cancel("ann", order.order_id)
    assert edit(order.order_id, "52000", "0.4") == "ONLY_OPEN_ORDERS_CAN_BE_EDITED"


def test_a_stop_s_trigger_can_be_moved_but_not_past_the_market(world):
    fields = {"base_size": "0.5", "limit_price": "57000", "stop_price": "58000", "stop_direction": DOWN}
    order = world.order("SELL", "stop_limit_stop_limit_gtc", **fields)
    assert world.edit(order.order_id, "57000", "0.5", "60001") == "INVALID_EDITED_STOP_PRICE"
    assert world.edit(order.order_id, "59500", "0.5", "59000") == "INVALID_EDITED_STOP_LIMIT_PRICE"
    assert world.edit(order.order_id, "57000", "0.5", "59000") == ""
    assert order.configuration["stop_limit_stop_limit_gtc"]["stop_price"] == "59000"
    world.price(59000)
    assert order.triggered


def test_a_post_only_order_is_not_edited_across_the_book(world):
    order = world.limit("BUY", "0.1", 59000, post_only=True)
    assert world.edit(order.order_id, "60500", "0.1") == "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY"
    plain = world.limit("BUY", "0.1", 59000)
    assert world.edit(plain.order_id, "60500", "0.1") == ""
    assert plain.status == "FILLED"


def test_trading_with_oneself_shrinks_the_larger_and_fills_nothing(world):
    market = world.exchange.market("BTC-USD")
    resting = world.limit("SELL", "0.5", 60400)
    market.crowd.withdraw(market.book)
    taker = world.limit("BUY", "0.2", 60400)
    assert (taker.status, taker.filled) == ("CANCELLED", 0)
    assert (resting.left, resting.filled, world.held("BTC")) == (Decimal("0.3"), 0, Decimal("0.3"))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"base_size": "0.000000001", "limit_price": "50000"}, "PREVIEW_INVALID_SIZE_PRECISION"),
        ({"base_size": "0.1", "limit_price": "50000.001"}, "PREVIEW_INVALID_PRICE_PRECISION"),
        ({"base_size": "1e-1", "limit_price": "50000"}, "PREVIEW_NON_NUMERIC_ORDER_SIZE"),
        ({"base_size": "0.00001", "limit_price": "50000"}, "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL"),
        ({"base_size": "3", "limit_price": "50000"}, "PREVIEW_INSUFFICIENT_FUND"),
        ({"base_size": "0.1", "limit_price": "9000000"}, "PREVIEW_LIMIT_PRICE_TOO_FAR_FROM_MARKET"),
        ({"limit_price": "50000"}, "PREVIEW_INVALID_ORDER_CONFIG"),
        ({"base_size": "0", "limit_price": "50000"}, "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL"),
        ({"base_size": "9000", "limit_price": "50000"}, "PREVIEW_INVALID_BASE_SIZE_TOO_LARGE"),
    ],
)
def test_it_refuses_with_the_exchange_s_reason(world, fields, code):
    assert refused(world.order, "BUY", "limit_limit_gtc", **fields) == code


def test_flags_close_a_product_as_they_say(world):
    products = world.exchange.products
    products.set_flags("BTC-USD", {"cancel_only": True})
    assert refused(world.limit, "BUY", "0.1", 50000) == "PREVIEW_NOT_ALLOWED_BY_MARKET_STATE"
    products.set_flags("BTC-USD", {"cancel_only": False, "limit_only": True})
    with pytest.raises(Denied, match="limit only"):
        world.order("BUY", "market_market_ioc", quote_size="10")
    assert world.limit("BUY", "0.1", 50000).status == "OPEN"


def test_the_501st_open_order_of_a_product_fails(world):
    orders = [world.limit("BUY", "0.0001", 50000) for _ in range(501)]
    assert orders[499].status == "OPEN"
    assert (orders[500].status, orders[500].reject_reason) == ("FAILED", "TOO_MANY_OPEN_ORDERS")


def test_a_usdc_twin_trades_on_the_same_book_and_pays_from_its_own_wallet(world):
    with pytest.raises(Denied, match="account is not available"):
        world.limit("BUY", "0.1", 50000, symbol="BTC-USDC")
    world.exchange.deposit("ann", "USDC", Decimal(1000))
    order = world.limit("BUY", "0.01", 50000, symbol="BTC-USDC")
    assert world.held("USDC") == Decimal("504.5")
    world.price(49999)
    assert order.status == "FILLED"


def sliced(world, **changes):
    now = world.exchange.clock.now()
    fields = {
        "base_size": "0.4", "limit_price": "70000", "number_buckets": "4", "bucket_duration": "300s",
        "start_time": stamp(now), "end_time": stamp(now + 1200 * 10**9),
    }  # fmt: skip
    return world.order("BUY", "twap_limit_gtd", **(fields | changes))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"start_time": ""}, "PREVIEW_START_TIME_MUST_BE_SPECIFIED"),
        ({"number_buckets": "0"}, "PREVIEW_INVALID_ORDER_CONFIG"),
        ({"number_buckets": "\u00b2"}, "PREVIEW_INVALID_ORDER_CONFIG"),
        ({"number_buckets": "50000"}, "PREVIEW_BUCKET_SIZE_SMALLER_THAN_QUOTE_MIN"),
        ({"number_buckets": "4000", "bucket_duration": "0s"}, "PREVIEW_DURATION_TOO_SMALL"),
        ({"reduce_only": True}, "PREVIEW_REDUCE_ONLY_NOT_ALLOWED_ON_SPOT_PRODUCTS"),
    ],
)
def test_a_twap_that_cannot_be_sliced_is_refused(world, changes, code):
    assert refused(sliced, world, **changes) == code


def test_slices_that_do_not_fit_before_the_end_come_with_the_last(world):
    order = sliced(world, bucket_duration="700s")
    world.pass_time(701)
    assert order.filled == Decimal("0.2")
    world.pass_time(500)
    assert (order.status, order.filled) == ("FILLED", Decimal("0.4"))
