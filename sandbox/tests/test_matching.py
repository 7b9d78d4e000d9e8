"""Who is served first: price, then time, whatever is taken, resized or cancelled; held against a list kept here."""

from dataclasses import dataclass
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.money import plain
from sandbox.orders import Order
from sandbox.refusals import Refusal
from sandbox.tests.world import ANN, BOB, World

PRICES = st.integers(60_001, 60_005).map(Decimal)
SIZES = st.integers(1, 50).map(lambda units: Decimal(units) / 1000)
PLACES = st.integers(0, 20)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("rest"), PRICES, SIZES),
        st.tuples(st.sampled_from(["ioc", "fok"]), PRICES, SIZES),
        st.tuples(st.just("market"), SIZES),
        st.tuples(st.just("post"), PRICES, SIZES),
        st.tuples(st.sampled_from(["resize", "cancel"]), PLACES, SIZES),
        st.tuples(st.just("move"), PLACES, PRICES),
    ),
    min_size=5, max_size=30,
)  # fmt: skip


@dataclass(eq=False)
class Waiting:
    order: Order
    price: Decimal
    left: Decimal
    filled: Decimal = Decimal(0)


class Queue:
    """What rests for sale, in the order of arrival."""

    def __init__(self) -> None:
        self.waiting: list[Waiting] = []
        self.all: list[Waiting] = []

    def add(self, order: Order, price: Decimal, left: Decimal) -> None:
        self.waiting.append(Waiting(order, price, left))
        self.all.append(self.waiting[-1])

    def within(self, limit: Decimal | None) -> list[Waiting]:
        return sorted(
            (one for one in self.waiting if limit is None or one.price <= limit), key=lambda one: one.price
        )  # a stable sort: time decides among equals

    def take(self, limit: Decimal | None, size: Decimal) -> Decimal:
        """How much of the size is served."""
        wanted = size
        for one in self.within(limit):
            part = min(one.left, wanted)
            one.left, one.filled, wanted = one.left - part, one.filled + part, wanted - part
        self.waiting = [one for one in self.waiting if one.left]
        return size - wanted

    def to_the_end(self, one: Waiting) -> None:
        self.waiting.remove(one)
        self.waiting.append(one)


def buy(world: World, variant: str, size: Decimal, limit: Decimal | None = None, **fields) -> Order | None:
    """None when it was refused."""
    fields |= {"base_size": plain(size)} | ({"limit_price": plain(limit)} if limit else {})
    try:
        return world.order("BUY", variant, user=ANN, **fields)
    except Refusal:
        return None


def take(world: World, queue: Queue, step) -> None:
    match step:
        case ("ioc", limit, size):
            order = buy(world, "sor_limit_ioc", size, limit)
            assert order
            assert order.filled == queue.take(limit, size)
            assert order.status == ("FILLED" if order.filled == size else "CANCELLED")
        case ("fok", limit, size):
            there = sum((one.left for one in queue.within(limit)), Decimal(0))
            order = buy(world, "limit_limit_fok", size, limit)
            assert (order is None) == (there < size)
            if order:
                assert (order.status, order.filled) == ("FILLED", queue.take(limit, size))
        case ("market", size) if queue.waiting:
            order = buy(world, "market_market_ioc", size)
            assert order
            assert order.filled == queue.take(None, size)
        case ("post", limit, size):
            order = buy(world, "limit_limit_gtc", size, limit, post_only=True)
            assert (order is None) == bool(queue.within(limit))
            if order:
                assert (order.status, order.filled) == ("OPEN", 0)
                world.exchange.cancel(ANN, order.order_id)


def change(world: World, queue: Queue, step) -> None:
    match step:
        case ("rest", price, size):
            queue.add(world.limit("SELL", plain(size), price, user=BOB), price, size)
        case ("cancel", place, _) if queue.waiting:
            one = queue.waiting.pop(place % len(queue.waiting))
            world.exchange.cancel(BOB, one.order.order_id)
        case ("resize", place, size) if queue.waiting:
            one = queue.waiting[place % len(queue.waiting)]
            total = one.filled + size
            if not world.edit(one.order.order_id, plain(one.price), plain(total), user=BOB):
                if size > one.left:
                    queue.to_the_end(one)
                one.left = size
        case ("move", place, price) if queue.waiting:
            one = queue.waiting[place % len(queue.waiting)]
            if not world.edit(one.order.order_id, plain(price), plain(one.filled + one.left), user=BOB):
                one.price = price
                queue.to_the_end(one)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_price_then_time_decides_and_nobody_loses_a_place_by_a_partial_fill(steps):
    world = World(usd="10000000", btc="50")
    world.price(60000)
    market = world.exchange.market("BTC-USD")
    market.crowd.withdraw(market.book)
    queue = Queue()
    for step in steps:
        take(world, queue, step)
        change(world, queue, step)
        assert [one.order.filled for one in queue.all] == [one.filled for one in queue.all]
        rows = [resting.order for row in market.book.queues("SELL") for resting in row]
        assert rows == [one.order for one in queue.within(None)]
        levels = dict(market.book.levels("SELL"))
        assert sum(levels.values()) == sum((one.left for one in queue.waiting), Decimal(0))
    for one in queue.all:
        assert all(fill.maker for fill in one.order.fills)
    for order in world.exchange.desk.of(ANN):
        assert not any(fill.maker for fill in order.fills)
