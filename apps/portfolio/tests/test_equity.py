"""What an account is worth: marked to market, and unknown rather than wrong."""

from decimal import Decimal

import pytest

from apps.ledger.models import Balance, Position
from apps.markets.models import Feed
from apps.portfolio.models import EquitySnapshot
from apps.portfolio.selectors import equity, last_prices, snapshots
from apps.portfolio.services import paper_account_reset, paper_deposit
from apps.portfolio.snapshots import snapshots_sweep
from tradingsite.testing.market import Market, make_product
from tradingsite.testing.people import make_account, make_bot
from tradingsite.testing.scripted import LONG

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def account():
    return make_account()


@pytest.fixture
def invested(market, account):
    """10 BTC bought at 100 with a fee of 6."""
    make_bot(account, market.product, size=0.1)
    market.bar(100, volume=LONG)
    market.bar(100)
    assert Position.objects.get().quantity == 10
    return account


def test_an_account_in_cash_is_worth_its_cash(account):
    worth = equity(account)
    assert (worth.equity, worth.cash, worth.free, worth.exposure, worth.open_pnl) == (10_000, 10_000, 10_000, 0, 0)
    assert (worth.day_open, worth.today, worth.peak, worth.drawdown) == (None, None, 10_000, 0)


def test_positions_are_valued_at_the_last_price_after_their_fees(market, invested):
    market.bar(110)
    worth = equity(invested)
    assert (worth.equity, worth.cash, worth.exposure) == (D("10094"), D("8994"), 1100)
    assert (worth.open_pnl, worth.day_open, worth.today) == (94, 10_000, 94)


def test_a_missing_price_makes_the_worth_unknown_and_not_zero(market, invested):
    Feed.objects.update(price=None)
    worth = equity(invested)
    assert (worth.equity, worth.exposure, worth.open_pnl, worth.today, worth.drawdown) == (None,) * 5
    assert (worth.cash, worth.free) == (8994, 8994)


def test_dust_of_a_currency_without_a_price_makes_it_unknown_too(account):
    Balance.objects.create(account=account, currency="XYZ", total=D("0.000001"))
    assert equity(account).equity is None
    Balance.objects.filter(currency="XYZ").update(total=0)
    assert equity(account).equity == 10_000


def test_a_price_in_another_currency_is_no_price(market, invested):
    euro = make_product("BTC-EUR")
    Feed.objects.create(product=euro, session=market.session, price=90.0)
    assert last_prices("replay") == {"BTC": 100}
    assert last_prices("replay", "EUR") == {"BTC": 90}
    assert equity(invested).equity == 9994


def test_held_money_is_not_free(market, account):
    make_bot(account, market.product, size=0.1)
    market.bar(100, volume=LONG)
    worth = equity(account)
    assert (worth.cash, worth.equity) == (10_000, 10_000)
    assert 1000 < worth.cash - worth.free < 1030


def test_the_drawdown_is_measured_from_the_highest_point(market, invested):
    market.bar(150)
    snapshots_sweep()
    market.bar(120)
    worth = equity(invested)
    assert (worth.peak, worth.equity) == (10_494, 10_194)
    assert worth.drawdown == 1 - D(10_194) / D(10_494)


def test_a_point_of_the_curve_is_written_each_quarter_of_an_hour(market, invested):
    for _ in range(14):
        market.bar(100)
        snapshots_sweep()
    points = list(snapshots(invested).values_list("at", "equity", "cash"))
    times = [at.timestamp() - market.session.starts for at, _, _ in points]
    assert times == [0, 900]
    assert points[-1][1:] == (9994, 8994)
    assert snapshots_sweep() == 0


def test_no_point_is_written_while_the_worth_is_unknown(market, invested):
    Feed.objects.update(price=None)
    assert snapshots_sweep() == 0


def test_a_reset_begins_a_new_curve(market, invested):
    snapshots_sweep()
    paper_account_reset(account=invested, by=None, reason="x")
    invested.refresh_from_db()
    assert snapshots(invested).count() == 0
    assert equity(invested).peak == 10_000
    snapshots_sweep()
    assert snapshots(invested).count() == 1
    assert EquitySnapshot.objects.count() == 2


def test_a_venue_whose_session_is_over_gets_no_points(market, account):
    market.session.closed = market.session.opened
    market.session.save()
    assert snapshots_sweep() == 0


def test_accounts_of_other_venues_follow_their_own_market(market, account):
    elsewhere = make_account(venue="elsewhere")
    market.bar(100)
    assert snapshots_sweep() == 1
    Market(make_product(venue="elsewhere"), starts=market.session.starts + 7200)
    assert snapshots_sweep() == 1
    point = snapshots(elsewhere).get()
    assert point.at.timestamp() == market.session.starts + 7200


def test_a_point_says_what_was_paid_in_so_far(market, account):
    market.bar(100)
    snapshots_sweep()
    paper_deposit(account=account, amount=D(500), by=None)
    market.bars(*[100] * 15)
    snapshots_sweep()
    assert list(snapshots(account).values_list("equity", "deposited")) == [(10_000, 10_000), (10_500, 10_500)]
