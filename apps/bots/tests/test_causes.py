"""An order keeps the id of its cause: every line about it, and about what it leads to, is found by one search."""

import logging

import pytest
from django.db import transaction

from apps.bots.models import EvaluationBatch
from apps.bots.services import bot_stop
from apps.operations.logs.correlation import about, current
from apps.orders import registry
from apps.orders.models import Order
from tradingsite.testing.people import make_account, make_bot
from tradingsite.testing.scripted import LONG

pytestmark = pytest.mark.django_db


@pytest.fixture
def bought(market):
    """A bot that has bought, and whose stop and target rest."""
    account = make_account()
    bot = make_bot(account, market.product, params={"stop": 0.01, "target": 0.02}, size=0.01)
    market.bar(100, volume=LONG)
    market.bar(101)
    return bot


def test_an_entry_and_its_exits_have_the_id_of_the_batch_that_decided(bought):
    entry, protection = Order.objects.order_by("pk")
    batch = EvaluationBatch.objects.order_by("pk").first()
    assert batch
    assert (entry.purpose, protection.purpose) == ("entry", "protect")
    assert entry.correlation_id == protection.correlation_id == batch.correlation_id == f"batch-{batch.pk}"


def test_a_sale_by_hand_has_the_id_of_the_request(bought):
    with about("request-by-hand"):
        bot_stop(bot=bought, user=bought.account.owner, close=True)
    sale = Order.objects.get(purpose=Order.Purpose.EXIT)
    assert sale.correlation_id == "request-by-hand"


def test_an_order_without_a_known_cause_gets_an_id_of_its_own(bought):
    bot_stop(bot=bought, user=bought.account.owner, close=True)
    assert len(Order.objects.get(purpose=Order.Purpose.EXIT).correlation_id) == 32


def test_whoever_works_on_an_order_works_under_its_id(bought, market, monkeypatch):
    seen: list[str] = []
    made = registry.exchange_for

    def looking(account):
        seen.append(current())
        return made(account)

    with about("request-by-hand"):
        bot_stop(bot=bought, user=bought.account.owner, close=True)
    monkeypatch.setattr(registry, "exchange_for", looking)
    with about("a-sweep-of-the-clock"):
        market.settle()
    assert {"request-by-hand", f"batch-{EvaluationBatch.objects.earliest('pk').pk}"} <= set(seen)


@pytest.mark.django_db(transaction=True)
def test_every_line_about_an_order_names_its_user_bot_and_cause(bought, caplog):
    caplog.clear()
    with caplog.at_level(logging.INFO), transaction.atomic(), about("request-by-hand"):
        bot_stop(bot=bought, user=bought.account.owner, close=True)
    lines = [record for record in caplog.records if record.name == "apps.orders.events"]
    sale = Order.objects.get(purpose=Order.Purpose.EXIT)
    created = next(line for line in lines if line.order == sale.pk)
    assert created.getMessage() == f"order #{sale.pk} (exit): created"
    assert (created.user, created.bot, created.correlation_id) == (
        bought.account.owner_id, bought.pk, "request-by-hand",
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_fill_is_told_without_needless_zeros(market, caplog):
    make_bot(make_account(), market.product, size=0.01)
    with caplog.at_level(logging.INFO):
        market.bar(100, volume=LONG)
        market.bar(101)
    told = next(record.getMessage() for record in caplog.records if ": fill: " in record.getMessage())
    assert told == f"order #{Order.objects.get().pk} (entry): fill: price 101, quantity 1, fee 0.606"
