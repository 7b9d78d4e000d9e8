"""Whatever the market does and whoever interferes: the books balance, nothing is sold twice, every number is new."""

from collections import Counter
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import F, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.bots.models import Bot, Evaluation
from apps.bots.services import bot_pause, bot_start, bot_stop
from apps.ledger.models import Balance, Hold, Line, Position
from apps.ledger.selectors import imbalance
from apps.markets.sources import MINUTE
from apps.orders.cancels import cancel_request
from apps.orders.models import Fill, Order, OrderEvent
from apps.orders.services import working_orders
from apps.portfolio.services import paper_account_reset, paper_deposit
from apps.risk.models import Halt
from apps.risk.services import halt, release
from engine.kinds import EventKind
from engine.orders.states import WORKING
from tradingsite.testing.market import Market, make_product
from tradingsite.testing.people import NO_LIMITS, make_account, make_bot
from tradingsite.testing.scripted import LONG, QUIET, SHORT

pytestmark = pytest.mark.django_db
PRODUCT = st.integers(0, 1)
MOVES = st.tuples(
    st.just("minute"),
    PRODUCT,
    st.integers(-300, 300),  # close against open, hundredths of a percent
    st.integers(0, 200),  # how far the bar reaches beyond both
    st.sampled_from([LONG, LONG, QUIET, SHORT]),
    st.booleans(),  # whether the market waits until it has settled
)
STEPS = st.one_of(
    MOVES,
    MOVES,
    MOVES,
    st.tuples(st.just("silence"), PRODUCT),
    st.tuples(st.sampled_from(["pause", "start", "stop", "close", "cancel"]), st.integers(0, 2)),
    st.tuples(st.just("halt"), st.integers(1, 3)),
    st.tuples(st.just("release")),
    st.tuples(st.just("deposit")),
    st.tuples(st.just("reset")),
)


class Floor:
    """Three bots of one account on two markets, each of which goes at its own pace."""

    def __init__(self):
        self.market = Market(make_product(), make_product("ETH-USD"))
        self.account = make_account(limits=NO_LIMITS, slippage="0.0002")
        wishes = ({"stop": 0.01, "target": 0.01}, {"stop": 0.005, "hold": 120}, {})
        self.bots = [
            make_bot(self.account, self.market.products[number], params=params, size=size)
            for number, params, size in zip((0, 0, 1), wishes, (0.5, 0.9, 0.3), strict=True)
        ]
        self.prices, self.times = [10_000.0, 500.0], [self.market.now] * 2
        for number in range(2):
            self.minute(number, 0, 0, QUIET, True)

    def minute(self, number, change, reach, volume, settle):
        price = self.prices[number]
        close = round(price * (1 + change / 10_000), 2)
        high = round(max(price, close) * (1 + reach / 10_000), 2)
        low = round(min(price, close) * (1 - reach / 10_000), 2)
        self.play(number, EventKind.OPEN, settle, price)
        self.play(number, EventKind.BAR, settle, price, high, low, close, volume)
        self.prices[number] = close

    def silence(self, number):
        self.play(number, EventKind.TIME, True)

    def play(self, number, kind, settle, *prices):
        self.market.now = self.times[number]
        self.market.commit(self.market.products[number], kind, prices)
        if settle:
            self.market.settle()
        if kind != EventKind.OPEN:
            self.times[number] += MINUTE

    def pause(self, number):
        bot_pause(bot=self.bots[number], user=None)

    def start(self, number):
        bot_start(bot=self.bots[number], user=None)

    def stop(self, number):
        bot_stop(bot=self.bots[number], user=None, close=False)

    def close(self, number):
        bot_stop(bot=self.bots[number], user=None, close=True)
        self.market.settle()

    def cancel(self, number):
        for order in working_orders(self.account, holder=self.bots[number].holder):
            self.account.refresh_from_db()
            cancel_request(account=self.account, order=order, why="by hand")
        self.market.settle()

    def halt(self, level):
        halt(scope="account", account=self.account, level=level, reason="test", by=None)
        self.market.settle()

    def release(self):
        for row in Halt.objects.filter(released_at=None):
            release(halt=row, by=None, reason="over")

    def deposit(self):
        paper_deposit(account=self.account, amount=Decimal("123.45"), by=None)

    def reset(self):
        paper_account_reset(account=self.account, by=None, reason="test")

    def check(self):
        self.market.settle()
        self.account.refresh_from_db()
        assert imbalance(self.account) == {}
        self.check_balances()
        self.check_positions()
        self.check_orders()
        self.check_numbers()

    def check_balances(self):
        for balance in Balance.objects.all():
            lines = Line.objects.filter(bucket=Line.Bucket.ASSETS, currency=balance.currency)
            assert balance.total == lines.aggregate(sum=Sum("amount"))["sum"]
            holds = Hold.objects.filter(currency=balance.currency).aggregate(sum=Sum("amount"))["sum"] or 0
            assert 0 <= balance.held == holds <= balance.total
        working = set(Order.objects.filter(state__in=WORKING).values_list("client_order_id", flat=True))
        assert set(Hold.objects.exclude(amount=0).values_list("key", flat=True)) <= working

    def check_positions(self):
        for product in self.market.products:
            held = Position.objects.filter(product=product, closed=None).aggregate(sum=Sum("quantity"))["sum"] or 0
            coins = Balance.objects.filter(currency=product.base).first()
            assert held == (coins.total if coins else 0)
        for bot in self.bots:
            lines = Line.objects.filter(bucket=Line.Bucket.ASSETS, currency=bot.product.base, holder=bot.holder)
            lines = lines.filter(entry__generation=self.account.generation)
            mine = Position.objects.filter(holder=bot.holder, closed=None).aggregate(sum=Sum("quantity"))["sum"] or 0
            assert mine == (lines.aggregate(sum=Sum("amount"))["sum"] or 0)
            covered = Order.objects.filter(holder=bot.holder, side="sell", state__in=WORKING, after=None)
            assert sum(order.remaining for order in covered) <= mine

    def check_orders(self):
        for order in Order.objects.prefetch_related("fills"):
            assert order.filled == sum(fill.quantity for fill in order.fills.all()) <= order.quantity
            if order.side == "buy":
                assert sum(fill.price * fill.quantity + fill.fee for fill in order.fills.all()) <= order.funds
        assert not Order.objects.filter(filled__gt=F("quantity")).exists()
        assert not Fill.objects.filter(position__lte=F("order__position")).exists()  # never by an event it came after
        assert Fill.objects.count() == Line.objects.filter(entry__kind="fill", bucket="fees").count()

    def check_numbers(self):
        decided = list(Evaluation.objects.values_list("seq", flat=True))
        events = list(OrderEvent.objects.values_list("seq", flat=True))
        moved = list(self.account.entries.exclude(kind="fill").values_list("seq", flat=True))
        assert [number for number, times in Counter(decided + events + moved).items() if times > 1] == []
        assert max(decided + events + moved) == self.account.seq
        assert not Bot.objects.filter(state="error").exists()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(STEPS, min_size=4, max_size=14))
def test_the_books_balance_whatever_happens(db, scripted, steps):
    with transaction.atomic():
        floor = Floor()
        for name, *arguments in steps:
            getattr(floor, name)(*arguments)
        floor.check()
        transaction.set_rollback(True)
