"""The paper account: deposits and a new start."""

from decimal import Decimal

import pytest
from django.urls import reverse

from apps.ledger.models import Balance, Position
from tradingsite.testing.people import make_account, make_bot
from tradingsite.testing.scripted import LONG


@pytest.fixture
def account(client, db):
    account = make_account()
    client.force_login(account.owner)
    return account


def cash(account) -> Decimal:
    return Balance.objects.get(account=account, currency="USD").total


def test_it_adds_money(client, account):
    answer = client.post(reverse("portfolio:deposit"), {"deposit-amount": "250.50", "key": "a"}, follow=True)
    assert cash(account) == Decimal("10250.50")
    text = answer.content.decode()
    assert "250.50 USD of paper money were added." in text
    assert "10,250.50\u00a0USD" in text


def test_a_form_sent_twice_adds_once(client, account):
    for _ in range(2):
        client.post(reverse("portfolio:deposit"), {"deposit-amount": "100", "key": "same"})
    assert cash(account) == 10100


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("", "Amount must be above 0, was empty."),
        ("ten", "Amount must be a number, was &#x27;ten&#x27;"),
        ("-5", "Amount must be above 0 and at most 100,000,000, was -5"),
        ("1e12", "Amount must be above 0 and at most 100,000,000, was 1e12"),
        ("0.001", "Amount must have at most 2 decimals, was 0.001"),
        ("NaN", "Amount must be"),
    ],
)
def test_it_names_a_bad_amount_and_adds_nothing(client, account, amount, words):
    answer = client.post(reverse("portfolio:deposit"), {"deposit-amount": amount, "key": "a"})
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert cash(account) == 10000


RESET = {"reset-deposit": "5000", "reset-reason": "a new plan", "reset-sure": "on", "key": "r"}


def test_a_new_start_closes_positions_and_keeps_the_history(client, market):
    bot = make_bot(make_account(), market.product, size=0.1)
    client.force_login(bot.account.owner)
    market.bar(100, volume=LONG)
    market.bar(101)
    client.post(reverse("portfolio:reset"), RESET)
    assert cash(bot.account) == 5000
    assert (Position.objects.get().quantity, Position.objects.get().reason) == (0, "reset")
    assert "This run" in client.get(reverse("portfolio:trades")).content.decode()
    assert not client.get(reverse("portfolio:trades")).context["part"].rows
    assert len(client.get(reverse("portfolio:trades"), {"run": "all"}).context["part"].rows) == 1


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("reset-sure", "Tick the box to confirm the reset."),
        ("reset-reason", "Reason must say why, was empty."),
        ("reset-deposit", "Start must be above 0, was empty."),
    ],
)
def test_a_new_start_wants_a_reason_and_a_tick(client, account, missing, words):
    answer = client.post(reverse("portfolio:reset"), {name: value for name, value in RESET.items() if name != missing})
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert cash(account) == 10000
