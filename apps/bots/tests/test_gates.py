"""What keeps a bot from an entry, gate by gate, and leaves its exits alone."""

from decimal import Decimal

import pytest

from apps.bots.explain import sentence
from apps.bots.tests.desk import blocked_by, enter, last
from apps.ledger.models import Balance, Position
from apps.markets.models import Product
from apps.orders.models import Order
from apps.risk.models import DayOpening, RiskPolicy
from apps.risk.services import halt, release
from engine.gates import Gate
from engine.kinds import EventKind, Verdict
from tradingsite.testing.people import NO_LIMITS, make_account, make_bot
from tradingsite.testing.scripted import DOUBTFUL, LONG

pytestmark = pytest.mark.django_db
D = Decimal


def test_no_signal_no_entry(market, account):
    bot = make_bot(account, market.product)
    market.bar(100)
    assert (Order.objects.count(), blocked_by(bot)) == (0, Gate.CONDITION)


def test_a_doubtful_signal_is_not_enough(market, account):
    bot = make_bot(account, market.product)
    market.bar(100, volume=DOUBTFUL)
    assert blocked_by(bot) == Gate.SIGNAL
    assert (last(bot).values[Gate.SIGNAL], last(bot).thresholds[Gate.SIGNAL]) == (0.5, 0.7)


def test_a_signal_must_last_for_its_confirmation(market, account):
    bot = make_bot(account, market.product, confirmation=120)
    for _ in range(2):
        market.bar(100, volume=LONG)
        assert blocked_by(bot) == Gate.CONFIRMATION
    market.bar(100, volume=LONG)
    assert last(bot).verdict == Verdict.ENTER


def test_a_silent_minute_begins_the_confirmation_anew(market, account):
    bot = make_bot(account, market.product, confirmation=120)
    market.bars(100, 100, volume=LONG)
    market.silence()
    market.bar(100, volume=LONG)
    assert (blocked_by(bot), last(bot).values[Gate.CONFIRMATION]) == (Gate.CONFIRMATION, 0)


def test_it_cools_down_after_an_exit(market, account):
    bot = make_bot(account, market.product, params={"hold": 60}, cooldown=180)
    market.bar(100, volume=LONG)
    market.bars(100, 100)
    assert Position.objects.get().closed
    left = []
    while last(bot).verdict != Verdict.ENTER:
        market.bar(100, volume=LONG)
        left.append(last(bot).values[Gate.COOLDOWN])
    assert left == [120, 180]


def test_prices_must_have_moved_between_two_entries(market, account):
    bot = make_bot(account, market.product, params={"hold": 60}, step=0.01)
    market.bar(100, volume=LONG)
    market.bars(100, 100)
    market.bar(100.99, volume=LONG)
    assert blocked_by(bot) == Gate.STEP
    market.bar(101, volume=LONG)
    assert last(bot).verdict == Verdict.ENTER


def test_a_product_that_is_not_online_is_not_bought(market, account):
    bot = make_bot(account, market.product)
    Product.objects.update(status="halted")
    market.bar(100, volume=LONG)
    assert blocked_by(bot) == Gate.MARKET


def test_stale_data_block_entries_and_no_exits(market, account, clock):
    bot = enter(market, account, hold=120)
    market.commit(market.product, EventKind.OPEN, [100])
    market.settle()
    market.commit(market.product, EventKind.BAR, (100, 100, 100, 100, LONG))
    clock.shift(121)
    market.settle()
    market.now += 60
    assert last(bot).verdict == Verdict.EXIT
    market.commit(market.product, EventKind.OPEN, [100])
    market.settle()
    market.commit(market.product, EventKind.BAR, (100, 100, 100, 100, LONG))
    clock.shift(121)
    market.settle()
    assert (blocked_by(bot), last(bot).values[Gate.DATA]) == (Gate.DATA, 121)


@pytest.mark.parametrize(
    ("limits", "gate"),
    [
        ({"max_positions": 1}, Gate.MAX_POSITIONS),
        ({"max_exposure": 0.09}, Gate.EXPOSURE),
        ({"daily_loss": 0.0001}, Gate.DAILY_LOSS),
        ({"daily_loss_amount": 1}, Gate.DAILY_LOSS),
        ({"max_position": 0.00005}, Gate.POSITION_SIZE),
    ],
)
def test_the_accounts_limits_count_across_its_bots(market, limits, gate):
    account = make_account(limits=NO_LIMITS | {"max_age": 120})
    enter(market, account)  # 500 USD, and a fee of 3 lost
    account.risk_policy.refresh_from_db()
    type(account.risk_policy).objects.update(**limits)
    second = make_bot(account, market.product)
    market.bar(100, volume=LONG)
    assert blocked_by(second) == gate
    assert Order.objects.filter(holder=second.holder).count() == 0


def test_the_orders_of_a_minute_are_limited_across_bots_and_exits_go_on(market):
    account = make_account(limits=NO_LIMITS)
    first = enter(market, account, hold=300)
    RiskPolicy.objects.filter(account=account).update(max_orders=1)
    second, third = (make_bot(account, market.product) for _ in range(2))
    market.bar(100, volume=LONG)
    assert last(first).verdict == Verdict.HOLD
    assert sorted([last(second).verdict, blocked_by(third)]) == sorted([Verdict.ENTER, Gate.EXCHANGE])
    assert sentence(last(third)) == "No entry: 1 order was made within a minute, at most 1 may be."
    assert not Order.objects.filter(holder=third.holder).exists()
    market.bars(*[100] * 6)
    assert not Position.objects.filter(holder=first.holder, closed=None).exists()


def test_a_bot_with_real_money_says_what_its_owner_has_not_confirmed(market, account, monkeypatch):
    bot = make_bot(account, market.product)
    words = "live trading must be confirmed, was not: type YES on the connection's page"
    with monkeypatch.context() as unconfirmed:
        unconfirmed.setattr("apps.orders.accounts.entry_refusal", lambda account: words)
        market.bar(100, volume=LONG)
    assert (blocked_by(bot), Order.objects.count()) == (Gate.EXCHANGE, 0)
    assert sentence(last(bot)) == f"No entry: {words}."
    market.bar(100, volume=LONG)
    assert last(bot).verdict == Verdict.ENTER


def test_a_size_below_the_products_minimum_is_not_sent(market):
    account = make_account(deposit="10")
    bot = make_bot(account, market.product)
    market.bar(100, volume=LONG)
    assert (blocked_by(bot), Order.objects.count()) == (Gate.MIN_SIZE, 0)


def test_a_halt_blocks_entries_and_its_release_lets_them_through(market, account):
    bot = make_bot(account, market.product)
    row = halt(scope="site", level=1, reason="test", by=None)
    market.bar(100, volume=LONG)
    assert blocked_by(bot) == Gate.HALT
    release(halt=row, by=None, reason="over")
    market.bar(100, volume=LONG)
    assert last(bot).verdict == Verdict.ENTER


def test_under_a_halt_of_entries_exits_go_on(market, account):
    bot = enter(market, account, hold=120)
    halt(scope="account", account=account, level=1, reason="test", by=None)
    market.bar(100)
    assert last(bot).verdict == Verdict.EXIT


def test_a_missing_price_stops_entries(market):
    account = make_account(limits=NO_LIMITS)
    bot = make_bot(account, market.product)
    Balance.objects.create(account=account, currency="XYZ", total=1)
    market.bar(100, volume=LONG)
    assert blocked_by(bot) == Gate.BALANCE
    assert not DayOpening.objects.exists()
