"""A bot from its signal to its closed position, through everything that lies between."""

from decimal import Decimal

import pytest

from apps.accounts.locks import lock_account
from apps.bots.models import Bot
from apps.bots.services import bot_pause, bot_start, bot_stop
from apps.bots.tests.desk import blocked_by, enter, last
from apps.ledger.models import Balance, Position
from apps.operations.models import AuditEntry
from apps.orders.cancels import cancel_request
from apps.orders.changes import order_move
from apps.orders.models import Order
from engine.gates import Gate
from engine.kinds import EventKind, Verdict
from engine.orders.states import OrderState
from tradingsite.testing.people import make_account, make_bot
from tradingsite.testing.scripted import LONG, SHORT

pytestmark = pytest.mark.django_db
D = Decimal


# --- in and out ---


def test_it_buys_at_the_next_open_and_protects_what_it_bought(market, account):
    bot = make_bot(account, market.product, params={"stop": 0.01, "target": 0.02, "hold": 600}, size=0.1)
    market.bar(100, volume=LONG)
    entry = Order.objects.get()
    assert (entry.state, entry.purpose, entry.quantity) == ("open", "entry", 10)
    assert abs(entry.funds - D("1026.12")) < D("1e-9")  # its cost at the close, the fee and two percent
    assert (entry.decided.timestamp(), entry.holder) == (market.now, bot.holder)
    market.commit(market.product, EventKind.OPEN, [101])
    market.settle()
    position = Position.objects.get()
    assert (position.holder, position.entry_price, position.quantity) == (bot.holder, 101, 10)
    assert (position.stop, position.target, position.hold) == (0.01, 0.02, 600)
    exits = Order.objects.get(purpose="protect")
    assert (exits.state, exits.quantity) == ("open", position.quantity)
    assert (exits.stop_price, exits.limit_price) == (D("99.99"), D("103.02"))
    assert exits.position == entry.fills.get().position


def test_the_stop_fills_in_the_bar_of_the_entry(market, account):
    make_bot(account, market.product, params={"stop": 0.01})
    market.bar(100, volume=LONG)
    market.bar(100, 100, 98, 99)
    position = Position.objects.get()
    assert (position.reason, position.exit_price, position.quantity) == ("stop", 99, 0)
    assert position.opened < position.closed


def test_the_target_wants_to_be_traded_through(market, account):
    enter(market, account, stop=0.01, target=0.02)
    market.bar(100, 102, 100, 101)
    assert Position.objects.get().closed is None
    market.bar(101, 102.01, 101, 101)
    assert (Position.objects.get().reason, Position.objects.get().exit_price) == ("target", 102)


def test_a_short_signal_ends_the_position_at_the_next_open(market, account):
    bot = enter(market, account, stop=0.5)
    market.bar(110, volume=SHORT)
    exit_order = Order.objects.get(purpose="exit")
    assert (exit_order.state, exit_order.reason, exit_order.after.state) == ("open", "signal", "cancelled")
    market.bar(111)
    position = Position.objects.get()
    assert (position.reason, position.exit_price) == ("signal", 111)
    assert last(bot).verdict == Verdict.BLOCKED
    assert Balance.objects.get(currency="BTC").total == 0


def test_a_short_signal_of_a_flat_bot_does_nothing(market, account):
    bot = make_bot(account, market.product)
    market.bar(100, volume=SHORT)
    assert (Order.objects.count(), blocked_by(bot)) == (0, Gate.CONDITION)


def test_the_longest_hold_ends_it(market, account):
    enter(market, account, hold=120)
    market.bar(100)
    assert Order.objects.filter(purpose="exit").exists()
    market.bar(105)
    assert (Position.objects.get().reason, Position.objects.get().exit_price) == ("max_hold", 105)


def test_money_is_accounted_for_to_the_last_digit(market, account):
    enter(market, account, stop=0.01)
    market.bar(100, 100, 90, 95)
    position = Position.objects.get()
    assert position.pnl == D(5) * 99 - D(5) * 100 - D(5) * 100 * D("0.006") - D(5) * 99 * D("0.006")
    assert Balance.objects.get(currency="USD").total == 10_000 + position.pnl
    assert not Balance.objects.exclude(held=0).exists()


# --- protection ---


def test_a_stop_that_was_cancelled_is_put_back(market, account):
    bot = enter(market, account, stop=0.1, target=0.5)
    stop = Order.objects.get(purpose="protect")
    cancel_request(account=account, order=stop, why="by hand")
    market.settle()
    assert (Order.objects.get(purpose="protect").state, Balance.objects.get(currency="BTC").held) == ("cancelled", 0)
    market.bar(120)
    assert last(bot).verdict == Verdict.PROTECT
    again = Order.objects.get(purpose="protect", state="open")
    assert (again.stop_price, again.limit_price, again.quantity) == (90, 150, 5)
    market.bar(120)
    assert last(bot).verdict == Verdict.HOLD
    assert Order.objects.filter(purpose="protect").count() == 2


def test_only_what_is_uncovered_is_protected_again(market, account):
    enter(market, account, stop=0.1)
    stop = Order.objects.get(purpose="protect")
    Order.objects.filter(pk=stop.pk).update(quantity=D(2))
    Balance.objects.filter(currency="BTC").update(held=D(2))
    market.bar(100)
    assert set(Order.objects.filter(purpose="protect").values_list("quantity", flat=True)) == {D(2), D(3)}


def test_a_position_that_wanted_no_exits_gets_none(market, account):
    bot = enter(market, account)
    market.bar(100)
    assert (Order.objects.count(), last(bot).verdict) == (1, Verdict.HOLD)


# --- states ---


def test_a_paused_bot_makes_no_entry_and_manages_its_exit(market, account):
    bot = enter(market, account, hold=60)
    bot_pause(bot=bot, user=account.owner)
    market.bar(100, volume=LONG)
    market.bar(100, volume=LONG)
    assert Position.objects.get().reason == "max_hold"
    assert blocked_by(bot) == Gate.STATE
    bot_start(bot=bot, user=account.owner)
    market.bar(100, volume=LONG)
    assert last(bot).verdict == Verdict.ENTER


def test_a_paused_bot_puts_its_protection_back(market, account):
    bot = enter(market, account, stop=0.1)
    bot_pause(bot=bot, user=account.owner)
    cancel_request(account=account, order=Order.objects.get(purpose="protect"), why="by hand")
    market.settle()
    market.bar(100)
    assert last(bot).verdict == Verdict.PROTECT


def test_a_stopped_bot_does_nothing_at_all(market, account):
    bot = enter(market, account, hold=120)
    count = bot.evaluations.count()
    bot_stop(bot=bot, user=account.owner, close=False)
    market.bars(100, 100, 100)
    assert bot.evaluations.count() == count
    assert Position.objects.get().closed is None


def test_a_bot_whose_memory_another_core_wrote_pauses_and_still_manages_its_exit(market, account):
    bot = enter(market, account, hold=60)
    Bot.objects.update(memory=b"\x63\0\0\0 from the future")
    market.bar(100)
    bot.refresh_from_db()
    assert (bot.state, "memory must have schema" in bot.state_reason) == ("paused", True)
    assert Order.objects.filter(purpose="exit").exists()
    market.bar(100, volume=LONG)
    assert (blocked_by(bot), Position.objects.get().reason) == (Gate.STATE, "max_hold")
    assert AuditEntry.objects.get(action="bot.paused").actor is None


def test_an_order_that_vanished_puts_its_bot_into_error(market, account):
    bot = make_bot(account, market.product)
    market.bar(100, volume=LONG)
    order = Order.objects.select_related("product").get()
    Order.objects.update(state=OrderState.UNKNOWN)
    order.refresh_from_db()
    order_move(lock_account(account.pk), order, OrderState.NOT_FOUND, "not found")
    bot.refresh_from_db()
    assert (bot.state, "the exchange does not know it" in bot.state_reason) == ("error", True)


def test_a_target_without_a_stop_is_named_as_what_ended_the_position(market):
    make_bot(make_account(), market.product, params={"target": 0.02})
    market.bar(100, volume=LONG)
    market.bar(100)
    market.bar(101, 103, 101, 103)
    assert Position.objects.get().reason == "target"
