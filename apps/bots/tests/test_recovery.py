"""A bot whose account was left alone for long does what it was told beforehand."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.locks import lock_account
from apps.bots.controls import validate
from apps.bots.recovery import bots_recover
from apps.bots.services import bot_edit
from apps.orders.services import working_orders
from tradingsite.testing.people import make_account, make_bot
from tradingsite.testing.scripted import LONG

AWAY = timedelta(minutes=10)


@pytest.fixture
def bot(market):
    """It has bought; its stop and target rest."""
    made = make_bot(make_account(), market.product, params={"stop": 0.01, "target": 0.02}, size=0.01)
    market.bar(100, volume=LONG)
    market.bar(101)
    assert [order.purpose for order in working_orders(made.account)] == ["protect"]
    return made


def come_back(bot, policy):
    bot_edit(
        bot=bot, user=bot.account.owner, params=bot.version.params, controls=bot.version.controls | {"recovery": policy}
    )
    with transaction.atomic():
        said = bots_recover(lock_account(bot.account_id), AWAY)
    bot.refresh_from_db()
    return said


def test_it_goes_on_unless_told_otherwise(bot):
    assert bot.version.controls["recovery"] == "resume"
    assert come_back(bot, "resume") == [f"{bot.name}: goes on"]
    assert (bot.state, len(working_orders(bot.account))) == ("running", 1)


def test_it_sells_and_pauses(bot, market):
    assert come_back(bot, "flatten") == [f"{bot.name}: cancels its orders, sells its position and is paused"]
    assert bot.state == "paused"
    assert "left alone for 600 s" in bot.state_reason
    market.bar(101)
    market.bar(101)
    position = bot.account.positions.get()
    assert (position.quantity, position.reason) == (0, "recovery")
    assert working_orders(bot.account) == []


def test_it_keeps_its_position_with_its_stop_and_pauses(bot):
    assert come_back(bot, "hold") == [f"{bot.name}: keeps its position with its stop and is paused"]
    (stop,) = working_orders(bot.account)
    assert (bot.state, stop.purpose, stop.cancel_requested) == ("paused", "protect", False)


def test_a_bot_with_nothing_open_has_nothing_to_keep(market):
    bot = make_bot(make_account(), market.product, recovery="hold")
    with transaction.atomic():
        assert bots_recover(lock_account(bot.account_id), AWAY) == [f"{bot.name}: has nothing open and goes on"]


def test_an_unknown_policy_is_refused():
    with pytest.raises(ValidationError, match="must be one of resume, flatten, hold, was 'pray'"):
        validate({"size": 0.1, "recovery": "pray"})
