"""Paper money: opened, added to, reset with the history kept."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.accounts.models import TradingAccount
from apps.ledger.models import Balance, Entry, Position
from apps.ledger.selectors import imbalance
from apps.operations.models import AuditEntry
from apps.orders.models import Fill, Order
from apps.paper.exchange import PaperExchange
from apps.paper.models import PaperOrder
from apps.portfolio.selectors import equity
from apps.portfolio.services import (
    amount_clean,
    deposited,
    paper_account_open,
    paper_account_reset,
    paper_deposit,
    session_restart,
)
from apps.risk.models import DayOpening
from engine.kinds import EventKind
from engine.orders.states import OrderState
from tradingsite.testing.market import START, Market
from tradingsite.testing.people import make_account, make_bot, make_user
from tradingsite.testing.scripted import LONG

pytestmark = pytest.mark.django_db
D = Decimal


def usd(account):
    return Balance.objects.get(account=account, currency="USD").total


def hold_a_position(market, account, **params):
    """A bot that has bought 1000 USD worth at 100 and protects it."""
    bot = make_bot(account, market.product, params={"stop": 0.5, **params}, size=0.1)
    market.bar(100, volume=LONG)
    market.bar(100)
    assert Position.objects.filter(account=account, closed=None).exists()
    return bot


def test_opening_makes_the_account_its_limits_and_its_deposit():
    user = make_user()
    account = paper_account_open(user=user, name=" Savings ", venue="replay", deposit=D("2500.50"))
    assert (account.name, account.mode, account.currency) == ("Savings", "paper", "USD")
    assert (usd(account), imbalance(account), account.risk_policy.max_positions) == (D("2500.50"), {}, 5)
    assert AuditEntry.objects.filter(action="account.open", actor=user).exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_name_must_be_one(name):
    with pytest.raises(ValidationError) as caught:
        paper_account_open(user=make_user(), name=name, venue="replay")
    assert list(caught.value.message_dict) == ["name"]
    assert not TradingAccount.objects.exists()


def test_a_name_is_taken_once_by_each_user():
    user = make_user()
    paper_account_open(user=user, name="Paper", venue="replay")
    paper_account_open(user=make_user(), name="Paper", venue="replay")
    with pytest.raises(ValidationError) as caught:
        paper_account_open(user=user, name=" Paper", venue="replay")
    assert caught.value.message_dict == {"name": ["must be new among your accounts, 'Paper' is taken"]}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("abc", "must be a number, was 'abc'"),
        ("", "must be a number, was ''"),
        ("NaN", "must be above 0 and at most 100,000,000, was NaN"),
        ("sNaN", "must be above 0"),
        ("Infinity", "must be above 0 and at most 100,000,000, was Infinity"),
        ("0", "must be above 0 and at most 100,000,000, was 0"),
        ("-5", "was -5"),
        ("100000000.01", "was 100000000.01"),
        ("1e400", "was 1e400"),
        ("1e-400", "must have at most 2 decimals"),
        ("1.005", "must have at most 2 decimals, was 1.005"),
        (None, "must be a number"),
    ],
)
def test_a_deposit_that_is_none_names_value_and_rule(raw, words):
    with pytest.raises(ValidationError) as caught:
        amount_clean(raw)
    assert words in caught.value.message_dict["amount"][0]


@pytest.mark.parametrize(("raw", "amount"), [("12.50", D("12.5")), (" 7 ", D(7)), (D("0.01"), D("0.01")), (1e3, 1000)])
def test_a_deposit_may_be_written_in_several_ways(raw, amount):
    assert amount_clean(raw) == amount


def test_a_deposit_is_no_gain(market):
    account = make_account()
    make_bot(account, market.product)
    market.bar(100)
    paper_deposit(account=account, amount=D(500), by=account.owner)
    worth = equity(account)
    assert (worth.equity, worth.day_open, worth.today) == (10_500, 10_500, 0)


def test_deposits_together_have_a_limit(market):
    account = make_account(deposit="60000000")
    with pytest.raises(ValidationError, match="must keep all deposits within 100,000,000, was 60000000"):
        paper_deposit(account=account, amount=D(60_000_000), by=None)
    assert deposited(account) == 60_000_000


def test_a_live_account_takes_no_play_money():
    account = make_account()
    TradingAccount.objects.update(mode="live")
    for change in (paper_deposit, paper_account_reset):
        extra = {"amount": D(5)} if change is paper_deposit else {"reason": "x"}
        with pytest.raises(ValidationError, match="must be a paper account"):
            change(account=account, by=None, **extra)


def test_a_reset_ends_everything_and_keeps_its_history(market):
    account = make_account()
    bot = hold_a_position(market, account)
    market.bar(110)
    fills = Fill.objects.count()
    paper_account_reset(account=account, by=account.owner, reason="start over", deposit=D(3000))
    account.refresh_from_db()
    assert account.generation == 2
    assert {balance.currency: balance.total for balance in Balance.objects.all()} == {"USD": 3000, "BTC": 0}
    assert not Balance.objects.exclude(held=0).exists()
    assert imbalance(account) == {}
    position = Position.objects.get()
    assert (position.generation, position.reason, position.exit_price, position.quantity) == (1, "reset", 110, 0)
    assert position.pnl == position.sold_notional - position.bought_notional - position.fees
    assert Fill.objects.count() == fills
    assert not Order.objects.filter(finished=None).exists()
    assert not PaperOrder.objects.filter(status="open").exists()
    assert equity(account).equity == 3000
    market.bars(60, 50)  # through the stop that rested
    assert (usd(account), Position.objects.filter(closed=None).count()) == (3000, 0)
    assert bot.evaluations.count() == 5


def test_a_bot_trades_on_after_a_reset(market):
    account = make_account()
    hold_a_position(market, account)
    paper_account_reset(account=account, by=None, reason="start over")
    market.bar(100, volume=LONG)
    market.bar(101)
    position = Position.objects.get(closed=None)
    assert (position.generation, position.entry_price) == (2, 101)


def test_a_reset_waits_for_an_order_on_its_way(market):
    account = make_account()
    make_bot(account, market.product)
    market.bar(100, volume=LONG)
    order = Order.objects.get()
    Order.objects.update(state=OrderState.SUBMITTING)
    with pytest.raises(ValidationError, match=f"order #{order.pk} is being sent; try again in a few seconds"):
        paper_account_reset(account=account, by=None, reason="x")
    account.refresh_from_db()
    assert (account.generation, usd(account)) == (1, 10_000)


@pytest.mark.parametrize("state", [OrderState.UNKNOWN, OrderState.NOT_FOUND, OrderState.PENDING])
def test_a_reset_ends_orders_of_which_nobody_knows(market, state):
    account = make_account()
    make_bot(account, market.product)
    market.bar(100, volume=LONG)
    Order.objects.update(state=state)
    paper_account_reset(account=account, by=None, reason="x")
    assert Order.objects.get().state == "cancelled"
    assert not Balance.objects.exclude(held=0).exists()


def test_fills_that_nobody_had_read_do_not_reach_the_new_beginning(market):
    account = make_account()
    make_bot(account, market.product)
    market.bar(100, volume=LONG)
    market.commit(market.product, EventKind.OPEN, [100])
    account.refresh_from_db()
    PaperExchange(account).catch_up()
    paper_account_reset(account=account, by=None, reason="x")
    market.settle()
    market.commit(market.product, EventKind.BAR, (100, 100, 100, 100, LONG))
    market.settle()
    market.now += 60
    market.bar(100)
    account.refresh_from_db()
    assert imbalance(account) == {}
    assert Fill.objects.filter(order__generation=1).count() == 0
    assert Fill.objects.filter(order__generation=2).count() == 1


def test_a_recording_that_begins_anew_resets_its_accounts_with_what_was_paid_in(market):
    account, idle, elsewhere = make_account(deposit="4000"), make_account(), make_account(venue="elsewhere")
    paper_deposit(account=account, amount=D(1000), by=None)
    hold_a_position(market, account)
    market.bar(120)
    again = Market(*market.products, starts=START)
    for each in (account, idle, elsewhere):
        each.refresh_from_db()
    assert [each.generation for each in (account, idle, elsewhere)] == [2, 2, 1]
    assert (usd(account), usd(idle)) == (5000, 10_000)
    position = Position.objects.get()
    assert (position.exit_price, position.closed.timestamp()) == (120, market.now)
    assert Entry.objects.filter(account=account, kind="reset", memo="a test begins anew").count() == 2
    assert again.session.pk > market.session.pk


def test_the_first_session_of_a_venue_resets_nothing():
    account = make_account()
    session_restart(Market().session, None)
    account.refresh_from_db()
    assert account.generation == 1


def test_the_day_opens_again_after_a_reset(market):
    account = make_account()
    make_bot(account, market.product)
    market.bar(100)
    account = paper_account_reset(account=account, by=None, reason="x", deposit=D(500))
    assert equity(account).day_open is None
    market.bar(100)
    assert equity(account).day_open == 500
    assert DayOpening.objects.count() == 2
