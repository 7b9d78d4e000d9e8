"""Several bots of one account: one purse, one numbering, and no hand in another's pocket."""

from decimal import Decimal

import pytest

from apps.accounts.models import TradingAccount
from apps.bots.accounts import account_states
from apps.bots.evaluation import batch_evaluate
from apps.bots.models import Evaluation
from apps.bots.services import bot_stop
from apps.bots.tests.desk import blocked_by, enter, last
from apps.ledger.models import Balance, Position
from apps.markets.models import Feed
from apps.markets.sources import MINUTE
from apps.orders import intents
from apps.orders.models import Order
from apps.risk.models import DayOpening
from engine.gates import Gate
from engine.kinds import Action, EventKind, Verdict
from tradingsite.testing.market import START, Market, make_product
from tradingsite.testing.people import NO_LIMITS, make_account, make_bot
from tradingsite.testing.scripted import LONG, QUIET

pytestmark = pytest.mark.django_db
D = Decimal


def test_bots_of_an_account_share_its_money_in_the_order_of_their_numbers(market):
    account = make_account(limits=NO_LIMITS)
    bots = [make_bot(account, market.product, size=0.6) for _ in range(3)]
    market.bar(100, volume=LONG)
    assert [last(bot).verdict for bot in bots] == [Verdict.ENTER, Verdict.ENTER, Verdict.BLOCKED]
    first, second = Order.objects.order_by("pk")
    assert (first.state, second.state) == ("open", "open")
    assert first.funds + second.funds <= 10_000
    assert blocked_by(bots[2]) == Gate.BALANCE


def test_a_bot_never_sells_what_another_bought(market, account):
    first = enter(market, account, stop=0.2)
    second = make_bot(account, market.product, params={"stop": 0.1})
    market.bar(100, volume=LONG)
    market.bar(100)
    mine, others = Position.objects.get(holder=first.holder), Position.objects.get(holder=second.holder)
    market.bar(100, 100, 85, 100)
    mine.refresh_from_db()
    others.refresh_from_db()
    assert (others.reason, others.exit_price, mine.quantity, mine.closed) == ("stop", 90, 5, None)
    assert Balance.objects.get(currency="BTC").held == 5
    bot_stop(bot=first, user=None, close=True)
    market.settle()
    market.bar(100)
    assert Balance.objects.get(currency="BTC").total == 0


def test_a_bot_sees_what_another_bought_in_another_product_once_it_is_posted(scripted):
    """One place for a position: until the fill is posted the entry takes it, afterwards the position does. The other
    product's feed is behind all the time, and nobody waits for it."""
    account = make_account(limits=NO_LIMITS | {"max_positions": 1})
    market = Market(make_product(), make_product("ETH-USD"))
    ahead, behind = (make_bot(account, product, size=0.1) for product in market.products)
    for product in market.products:
        market.play_minute(product, (100, 100, 100, 100, QUIET))
    market.now += MINUTE
    market.play_minute(behind.product, (100, 100, 100, 100, LONG))
    entry = Order.objects.get(holder=behind.holder)
    for minute in range(5, 8):
        market.now = START + minute * MINUTE
        market.play_minute(ahead.product, (100, 100, 100, 100, LONG))
        assert (blocked_by(ahead), last(ahead).position) == (Gate.MAX_POSITIONS, market_position(ahead))
        assert Position.objects.count() == 0
    market.now = START + 2 * MINUTE
    market.commit(behind.product, EventKind.OPEN, [100])
    market.now = START + 8 * MINUTE
    market.commit(ahead.product, EventKind.BAR, (100, 100, 100, 100, LONG))
    (batch,) = market.waiting_batches()
    batch_evaluate(batch)
    assert (entry.fills.count(), blocked_by(ahead)) == (0, Gate.MAX_POSITIONS)
    market.settle()
    assert entry.fills.get().position == market_position(behind) < market_position(ahead)
    market.now += MINUTE
    market.play_minute(ahead.product, (100, 100, 100, 100, LONG))
    assert blocked_by(ahead) == Gate.MAX_POSITIONS
    assert account.positions.get().holder == behind.holder


def market_position(bot):
    return Feed.objects.get(product=bot.product).position


def test_a_denied_order_of_one_does_not_stand_in_the_way_of_the_next(market, monkeypatch):
    account = make_account(limits=NO_LIMITS | {"max_positions": 1})
    first, second = make_bot(account, market.product), make_bot(account, market.product)
    market.bar(100)
    hold, refusals = intents.hold_for, ["no"]
    monkeypatch.setattr(intents, "hold_for", lambda *order: refusals.pop() if refusals else hold(*order))
    market.bar(100, volume=LONG)
    assert [order.state for order in Order.objects.order_by("pk")] == ["denied", "open"]
    assert last(second).verdict == last(first).verdict == Verdict.ENTER


# --- numbers ---


def test_every_commit_takes_the_next_number_and_none_twice(market, account):
    for _ in range(3):
        make_bot(account, market.product, params={"stop": 0.01, "target": 0.02})
    for low in (100, 100, 98, 100, 100, 97):
        market.bar(100, 100, low, 100, volume=LONG)
    account.refresh_from_db()
    decisions = list(Evaluation.objects.values_list("seq", flat=True))
    events = [seq for order in Order.objects.all() for seq in order.events.values_list("seq", flat=True)]
    deposits = list(account.entries.filter(kind="deposit").values_list("seq", flat=True))
    assert sorted(decisions + events + deposits) == list(range(1, account.seq + 1))
    for order in Order.objects.all():
        numbers = list(order.events.values_list("seq", flat=True))
        assert numbers == sorted(numbers)
        assert order.seq == numbers[-1]


def test_the_day_opens_with_the_worth_at_its_first_decision(market, account):
    make_bot(account, market.product)
    market.now += 86_400 - 180
    market.bar(100, volume=LONG)
    market.bars(100, 100, 120)
    openings = list(DayOpening.objects.order_by("day").values_list("day", "equity"))
    assert [(day.isoformat(), equity) for day, equity in openings] == [("2020-02-10", 10_000), ("2020-02-11", 9_997)]


def test_an_entry_counts_once_while_its_position_grows(market, account):
    bot = enter(market, account)
    Order.objects.filter(holder=bot.holder).update(state="open", quantity=10)
    row = TradingAccount.objects.select_related("owner").get(pk=account.pk)
    state = account_states({account.pk: row}, [bot], market.session, market.now, write=False)[account.pk]
    assert (state.places, state.exposure) == (1, 1000)
    assert last(bot).action == Action.NONE
