"""Double entry: what is posted sums to zero, once, exactly."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.ledger.models import Balance, Entry, Hold, Line
from apps.ledger.selectors import balances, imbalance
from apps.ledger.services import (
    InsufficientFunds,
    NewLine,
    Unbalanced,
    entry_post,
    fill_lines,
    hold_reduce,
    hold_take,
    transfer_lines,
)
from tradingsite.testing.people import make_account

pytestmark = pytest.mark.django_db
AT = datetime(2020, 2, 10, tzinfo=UTC)
D = Decimal


@pytest.fixture
def account():
    return make_account(deposit="1000")


def post(account, lines, reference="test:1", kind=Entry.Kind.DEPOSIT):
    return entry_post(account=account, kind=kind, at=AT, reference=reference, lines=lines)


def usd(account):
    return Balance.objects.get(account=account, currency="USD")


def test_it_moves_the_balance_of_the_asset_lines_alone(account):
    post(account, transfer_lines(currency="EUR", amount=D("12.5")))
    euro = balances([account])[account.pk]["EUR"]
    assert (euro.total, euro.held, euro.free) == (D("12.5"), 0, D("12.5"))
    assert usd(account).total == 1000


def test_it_refuses_lines_that_do_not_sum_to_zero(account):
    lines = [NewLine(Line.Bucket.ASSETS, "USD", D(5)), NewLine(Line.Bucket.OUTSIDE, "USD", D(-4))]
    with pytest.raises(Unbalanced, match=r"must sum to zero per currency, were .*USD"):
        post(account, lines)
    assert usd(account).total == 1000


def test_it_refuses_lines_that_sum_to_zero_only_across_currencies(account):
    lines = [NewLine(Line.Bucket.ASSETS, "USD", D(5)), NewLine(Line.Bucket.OUTSIDE, "EUR", D(-5))]
    with pytest.raises(Unbalanced):
        post(account, lines)


@pytest.mark.parametrize("amount", [5.0, 5, "5", None])
def test_an_amount_that_is_no_decimal_is_a_type_error(account, amount):
    with pytest.raises(TypeError, match=f"amount must be a Decimal, was {type(amount).__name__}"):
        post(account, [NewLine(Line.Bucket.ASSETS, "USD", amount)])
    with pytest.raises(TypeError, match="amount must be a Decimal"):
        hold_take(account=account, key=uuid4(), currency="USD", amount=amount)


@pytest.mark.parametrize("amount", ["1e-19", "1.0000000000000000001", "NaN", "Infinity"])
def test_an_amount_that_cannot_be_kept_is_refused(account, amount):
    with pytest.raises(ValueError, match="at most 18 decimals, was"):
        post(account, transfer_lines(currency="USD", amount=D(amount)))


def test_posting_twice_is_refused(account):
    post(account, transfer_lines(currency="USD", amount=D(1)), reference="deposit:7")
    with pytest.raises(IntegrityError, match="entry_once"), transaction.atomic():
        post(account, transfer_lines(currency="USD", amount=D(1)), reference="deposit:7")
    assert usd(account).total == 1001


def test_the_same_reference_of_another_account_is_another_fact(account):
    other = make_account()
    for each in (account, other):
        post(each, transfer_lines(currency="USD", amount=D(1)), reference="deposit:7")
    assert Entry.objects.filter(reference="deposit:7").count() == 2


def test_more_cannot_go_out_than_there_is(account):
    with pytest.raises(IntegrityError), transaction.atomic():
        post(account, transfer_lines(currency="USD", amount=D("-1000.01")))
    assert usd(account).total == 1000


def test_a_purchase_books_both_currencies_and_the_fee(account):
    lines = fill_lines(
        side="buy", base="BTC", quote="USD", quantity=D("0.01"), notional=D(100), fee=D("0.6"), fee_currency="USD",
        holder="bot-1",
    )  # fmt: skip
    post(account, lines, kind=Entry.Kind.FILL)
    assert (usd(account).total, Balance.objects.get(currency="BTC").total) == (D("899.4"), D("0.01"))
    assert imbalance(account) == {}
    assert set(Line.objects.filter(entry__kind="fill").values_list("holder", flat=True)) == {"bot-1"}


def test_a_sale_books_the_other_way_and_may_pay_its_fee_in_another_currency(account):
    post(account, transfer_lines(currency="BTC", amount=D("0.01")), reference="a")
    post(account, transfer_lines(currency="BNB", amount=D(1)), reference="b")
    lines = fill_lines(
        side="sell", base="BTC", quote="USD", quantity=D("0.01"), notional=D(100), fee=D("0.002"), fee_currency="BNB",
        holder="bot-1",
    )  # fmt: skip
    post(account, lines, kind=Entry.Kind.FILL, reference="c")
    totals = {currency: balance.total for currency, balance in balances([account])[account.pk].items()}
    assert totals == {"USD": D(1100), "BTC": 0, "BNB": D("0.998")}


def test_an_imbalance_is_seen(account):
    Line.objects.create(entry=account.entries.get(), bucket=Line.Bucket.ASSETS, currency="USD", amount=D("0.5"))
    assert imbalance(account) == {"USD": D("0.5")}


def test_a_hold_keeps_money_from_the_next(account):
    hold_take(account=account, key=uuid4(), currency="USD", amount=D(700))
    with pytest.raises(InsufficientFunds, match=r"USD: needs 300\.01, 300 is free"):
        hold_take(account=account, key=uuid4(), currency="USD", amount=D("300.01"))
    hold_take(account=account, key=uuid4(), currency="USD", amount=D(300))
    assert usd(account).free == 0


def test_what_is_held_cannot_be_taken_out(account):
    hold_take(account=account, key=uuid4(), currency="USD", amount=D(700))
    with pytest.raises(IntegrityError), transaction.atomic():
        post(account, transfer_lines(currency="USD", amount=D(-301)))


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_a_hold_is_above_zero(account, amount):
    with pytest.raises(ValueError, match="must be above 0, was"):
        hold_take(account=account, key=uuid4(), currency="USD", amount=D(amount))


def test_a_hold_of_money_that_never_was_is_refused(account):
    with pytest.raises(InsufficientFunds, match="BTC: needs 1, 0 is free"):
        hold_take(account=account, key=uuid4(), currency="BTC", amount=D(1))


def test_a_hold_is_given_back_in_parts_and_never_twice(account):
    key = uuid4()
    hold_take(account=account, key=key, currency="USD", amount=D(700))
    hold_reduce(account=account, key=key, amount=D(200))
    assert (usd(account).held, Hold.objects.get().amount) == (500, 500)
    hold_reduce(account=account, key=key, amount=D(9999))
    hold_reduce(account=account, key=key)
    hold_reduce(account=account, key=uuid4())
    assert (usd(account).held, Hold.objects.get().amount) == (0, 0)
