"""Whatever is asked of the exchange, money is neither made nor lost, and no order gets more than it asked for."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.clock import SECOND, stamp
from sandbox.money import amount, floor_to, plain
from sandbox.refusals import Denied, Refusal
from sandbox.terms import DOWN
from sandbox.testing import START
from sandbox.tests.world import ANN, BOB, World

USERS = st.sampled_from([ANN, BOB])
SIDES = st.sampled_from(["BUY", "SELL"])
SIZES = st.integers(1, 90_000_000).map(lambda units: plain(Decimal(units).scaleb(-8)))
PRICES = st.integers(5_900_000, 6_100_000).map(lambda cents: plain(Decimal(cents).scaleb(-2)))
FUNDS = st.integers(100, 3_000_000).map(lambda cents: plain(Decimal(cents).scaleb(-2)))
SIZED = st.fixed_dictionaries({"base_size": SIZES, "limit_price": PRICES})
STOPS = st.tuples(SIZES, PRICES).map(
    lambda drawn: {"base_size": drawn[0], "limit_price": "58000", "stop_price": drawn[1], "stop_direction": DOWN}
)
BRACKETS = SIZES.map(lambda size: {"base_size": size, "limit_price": "60300", "stop_trigger_price": "59700"})
EXITS = {"trigger_bracket_gtc": {"limit_price": "61500", "stop_trigger_price": "58500"}}
ENTRIES = SIZES.map(lambda size: {"base_size": size, "limit_price": "60500", "attached": EXITS})
SOON = [stamp(START + seconds * SECOND) for seconds in (0, 3, 9)]
DATED = SIZED.map(lambda fields: fields | {"end_time": SOON[1]})
SLICED = SIZED.map(lambda fields: fields | {"number_buckets": "4", "start_time": SOON[0], "end_time": SOON[2]})
ORDERS = st.one_of(
    st.tuples(st.just("limit_limit_gtc"), ENTRIES),
    st.tuples(st.just("limit_limit_gtd"), DATED),
    st.tuples(st.just("twap_limit_gtd"), SLICED),
    st.tuples(st.just("limit_limit_gtc"), SIZED),
    st.tuples(st.just("sor_limit_ioc"), SIZED),
    st.tuples(st.just("limit_limit_fok"), SIZED),
    st.tuples(st.just("market_market_ioc"), SIZES.map(lambda size: {"base_size": size})),
    st.tuples(st.just("market_market_ioc"), FUNDS.map(lambda funds: {"quote_size": funds})),
    st.tuples(st.just("stop_limit_stop_limit_gtc"), STOPS),
    st.tuples(st.just("trigger_bracket_gtc"), BRACKETS),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("order"), USERS, SIDES, ORDERS),
        st.tuples(st.just("cancel"), USERS, st.integers(0, 30)),
        st.tuples(st.just("edit"), USERS, st.integers(0, 30), PRICES, SIZES),
        st.tuples(st.just("price"), PRICES, st.integers(1, 50_000_000)),
        st.tuples(st.just("time"), st.integers(1, 5)),
        st.tuples(st.just("lag"), st.integers(0, 2)),
    ),
    min_size=1, max_size=25,
)  # fmt: skip


def do(world: World, step) -> None:
    exchange = world.exchange
    match step:
        case ("order", user, side, (variant, fields)):
            try:
                world.order(side, variant, user=user, **fields)
            except (Refusal, Denied):
                return
        case ("cancel", user, place) if exchange.desk.of(user):
            exchange.cancel(user, exchange.desk.of(user)[place % len(exchange.desk.of(user))].order_id)
        case ("edit", user, place, price, size) if exchange.desk.of(user):
            orders = exchange.desk.of(user)
            world.edit(orders[place % len(orders)].order_id, price, size, user=user)
        case ("price", price, volume):
            world.price(price, plain(Decimal(volume).scaleb(-8)))
        case ("lag", seconds):
            exchange.settings.cancel_lag = seconds
        case ("time", seconds):
            world.pass_time(seconds)


def check(world: World) -> None:
    exchange = world.exchange
    assert all(total == 0 for total in exchange.ledger.sums().values())
    for user in (ANN, BOB):
        for wallet in exchange.ledger.wallets(user):
            open_orders = list(exchange.desk.open(user))
            held = sum((one.hold for one in open_orders if one.hold_currency == wallet.currency), Decimal(0))
            assert wallet.hold == held
            assert wallet.available >= 0
            assert wallet.available + wallet.hold == wallet.total
            assert wallet.total == replayed(world, user, wallet.currency)
            assert wallet.total == earned(world, user, wallet.currency)
    for order in exchange.desk:
        assert order.filled == sum((fill.size for fill in order.fills), Decimal(0))
        assert order.fees == sum((fill.fee for fill in order.fills), Decimal(0))
        if order.by_funds:
            assert order.value + order.fees <= (order.terms.quote_size or 0)
        else:
            assert order.filled <= order.size
        if order.limit is not None and order.fills:
            worst = max(fill.price for fill in order.fills) if order.side == "BUY" else order.limit
            assert worst <= order.limit
        assert not (order.done and order.hold)
    book = exchange.market("BTC-USD").book
    bid, ask = book.best("BUY"), book.best("SELL")
    assert bid is None or ask is None or bid < ask


def replayed(world: World, user: str, currency: str) -> Decimal:
    rows = [row for row in world.exchange.ledger.journal if row.currency == currency]
    received = sum((row.amount for row in rows if row.target == user), Decimal(0))
    return received - sum((row.amount for row in rows if row.source == user), Decimal(0))


def earned(world: World, user: str, currency: str) -> Decimal:
    """What the user brought, and what the fills of all orders gave and took."""
    total = Decimal("40000") if currency == "USD" else Decimal(1)
    for order in world.exchange.desk.of(user):
        sign = 1 if order.side == "BUY" else -1
        for fill in order.fills:
            total += sign * fill.size if currency == "BTC" else -sign * fill.value - fill.fee
    return total


@settings(max_examples=40, deadline=None)
@given(steps=STEPS, seed=st.integers(0, 3))
def test_money_is_conserved_whatever_happens(steps, seed):
    world = World(seed=seed, usd="40000", btc="1")
    world.exchange.market("BTC-USD").crowd.depth = Decimal("0.05")
    world.price(60000)
    for step in steps:
        do(world, step)
        check(world)


@settings(max_examples=25, deadline=None)
@given(order=ORDERS, side=SIDES, again=ORDERS)
def test_the_same_client_order_id_is_one_order_whatever_comes_with_it(order, side, again):
    world = World()
    world.price(60000)
    try:
        first = world.order(side, order[0], client_order_id="mine", **order[1])
    except (Refusal, Denied):
        return
    orders = len(world.exchange.desk)  # with the exits of the first, when it has some
    money = world.total("USD"), world.total("BTC"), world.held("USD"), world.held("BTC")
    second = world.order("BUY", again[0], client_order_id="mine", **again[1])
    assert second is first
    assert len(world.exchange.desk) == orders
    assert money == (world.total("USD"), world.total("BTC"), world.held("USD"), world.held("BTC"))


@given(st.decimals(min_value=0, max_value=10**9, places=12, allow_nan=False))
def test_an_amount_reads_back_as_it_was_written(value):
    assert amount(plain(value)) == value
    assert "E" not in plain(value)
    assert value - Decimal("0.01") < floor_to(value, Decimal("0.01")) <= value
