"""The portfolio: what the account consists of."""

import csv
import io
from decimal import Decimal
from itertools import pairwise

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from apps.ledger.models import Balance, Position
from apps.markets.models import Feed
from apps.orders.models import Order
from apps.portfolio.allocation.assets import Asset, assets, locks, segments
from apps.portfolio.selectors import equity
from apps.portfolio.services import paper_deposit
from tradingsite.testing.market import make_product
from tradingsite.testing.people import make_account, make_bot
from tradingsite.testing.scripted import LONG

D = Decimal


@pytest.fixture
def account(client, db):
    account = make_account()
    client.force_login(account.owner)
    return account


@pytest.fixture
def invested(market, account):
    """10 BTC bought at 100 with a fee of 6; a stop rests for all of it."""
    make_bot(account, market.product, params={"stop": 0.1}, size=0.1)
    market.bar(100, volume=LONG)
    market.bar(100)
    market.bar(110)
    return account


def text(client, query: str = "") -> str:
    return client.get(reverse("portfolio:portfolio") + query).content.decode()


def test_an_account_in_cash_is_all_cash(account):
    (cash,) = assets(account)
    assert (cash.currency, cash.total, cash.available, cash.value, cash.share) == ("USD", 10_000, 10_000, 10_000, 1)
    assert (cash.price, cash.cost, cash.unrealised, cash.locked) == (None, None, None, 0)


def test_an_asset_has_price_cost_worth_share_and_result(invested):
    cash, bitcoin = assets(invested)
    assert (cash.total, cash.value) == (8994, 8994)
    assert (bitcoin.total, bitcoin.available, bitcoin.locked) == (10, 0, 10)
    assert (bitcoin.price, bitcoin.value, bitcoin.cost, bitcoin.unrealised) == (110, 1100, 100, 94)
    assert bitcoin.share == D(1100) / D(10_094)
    assert equity(invested).equity == cash.value + bitcoin.value


def test_the_cost_of_several_positions_is_weighted_by_their_size(market, invested):
    other = make_bot(invested, market.product, running=False)
    Position.objects.create(
        account=invested, generation=1, holder=other.holder, product=market.product, quantity=30, bought=30,
        bought_notional=3600, fees=0, opened="2020-02-10T00:00:00Z",
    )  # fmt: skip
    assert assets(invested)[1].cost == 115  # (10 x 100 + 30 x 120) / 40


def test_it_names_the_order_and_the_bot_that_lock_a_balance(invested):
    (lock,) = locks(invested)["BTC"]
    order = Order.objects.get(purpose="protect")
    bot = invested.bots.get()
    assert (lock.order, lock.bot, lock.amount) == (order, (bot.pk, bot.name), 10)


def test_a_missing_price_leaves_worth_and_shares_unknown(invested):
    Feed.objects.update(price=None)
    cash, bitcoin = assets(invested)
    assert (bitcoin.value, bitcoin.share, bitcoin.unrealised, cash.share) == (None, None, None, None)
    assert segments([cash, bitcoin]) == []


def asset(share: Decimal | None) -> Asset:
    return Asset("X", D(1), D(1), D(0), D(1), share, share, None, None, False, None)


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=12))
def test_the_bar_is_as_wide_as_the_whole(worths):
    whole = sum(worths)
    drawn = segments([asset(D(worth) / whole) for worth in worths])
    assert sum(segment.width for segment in drawn) == pytest.approx(1000, abs=0.1)
    for left, right in pairwise(drawn):
        assert left.start + left.width == pytest.approx(right.start, abs=0.02)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(5))
def test_shares_sum_to_one_and_values_to_the_equity(market, seed):
    account = make_account()
    for number in range(seed + 1):
        product = make_product(f"C{number}-USD")
        Feed.objects.create(product=product, session=market.session, price=0.37 * (number + 1) ** 3)
        Balance.objects.create(account=account, currency=product.base, total=D("12.345678") * (number + seed + 1))
    rows = assets(account)
    assert abs(sum(row.share for row in rows) - 1) < D("1e-24")
    assert sum(row.value for row in rows) == equity(account).equity
    assert all(row.available + row.locked == row.total for row in rows)


def test_the_page_shows_bar_locks_and_deposits(client, invested):
    paper_deposit(account=invested, amount=D(500), by=None)
    page = text(client)
    assert 'aria-label="Allocation: USD 89.62' in page
    assert "sell stop" in page
    assert "10.00000000" in page
    assert "500.00\u00a0USD" in page
    assert 'data-v="asset.BTC.value"' in page


def test_dust_is_hidden_when_asked_and_still_counted(client, invested):
    product = make_product("ADA-USD")
    Feed.objects.create(product=product, session=Feed.objects.get().session, price=0.5)
    Balance.objects.create(account=invested, currency="ADA", total=D("1.5"))
    assert "Hide dust" in text(client)
    hidden = text(client, "?dust=hide")
    assert "1 balance worth less than 1 USD is hidden" in hidden
    assert "ADA" not in hidden.split("<main")[1].split("</main")[0].replace("ADA-USD", "")
    assert "10,094.75" in hidden


def test_the_csv_holds_every_balance_with_every_digit(client, invested):
    answer = client.get(reverse("portfolio:portfolio_csv"))
    cash, bitcoin = csv.DictReader(io.StringIO(answer.content.decode()))
    assert (cash["currency"], cash["total"], cash["price"]) == ("USD", "8994", "")
    assert (bitcoin["locked"], bitcoin["value"], bitcoin["unrealised"]) == ("10", "1100", "94")


def test_the_csv_without_an_account_has_no_rows(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("empty@example.org"))
    answer = client.get(reverse("portfolio:portfolio_csv"))
    assert len(answer.content.decode().splitlines()) == 1
