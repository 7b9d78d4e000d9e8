"""A bot that an operator paused: its owner reads who, when and why, and cannot let it go on."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from apps.bots.models import Bot
from apps.bots.services import bot_pause, bot_release, bot_start, bot_stop
from apps.operations.models import AuditEntry
from tradingsite.testing.people import make_bot, make_user

pytestmark = pytest.mark.django_db
WHY = "it trades on a wrong price"


@pytest.fixture
def operator():
    return make_user("operator@example.org", is_staff=True)


@pytest.fixture
def held(market, account, operator):
    return bot_pause(bot=make_bot(account, market.product), user=operator, reason=WHY)


def state(bot):
    bot.refresh_from_db()
    return bot.state


def test_its_owner_cannot_start_it_and_is_told_why(held):
    for user in (held.account.owner, None):
        with pytest.raises(ValidationError, match=rf"paused this bot at .* UTC: “{WHY}”"):
            bot_start(bot=held, user=user)
    assert state(held) == Bot.State.PAUSED


def test_stopping_and_pausing_are_no_way_around(held):
    owner = held.account.owner
    for detour in (lambda: bot_stop(bot=held, user=owner, close=False), lambda: bot_pause(bot=held, user=owner)):
        detour()
        with pytest.raises(ValidationError, match=WHY):
            bot_start(bot=held, user=owner)
    assert state(held) == Bot.State.PAUSED


def test_an_operator_lets_it_go_on(held, operator):
    bot_start(bot=held, user=operator, reason="the price is right again")
    assert (state(held), held.held) == (Bot.State.RUNNING, "")
    bot_pause(bot=held, user=held.account.owner)
    bot_start(bot=held, user=held.account.owner)
    assert state(held) == Bot.State.RUNNING


def test_one_that_its_owner_stopped_meanwhile_stays_stopped_when_released(held, operator):
    bot_stop(bot=held, user=held.account.owner, close=False)
    bot_release(bot=held, user=operator, reason="over")
    assert (state(held), held.held) == (Bot.State.STOPPED, "")
    assert AuditEntry.objects.get(action="bot.release").actor == operator
    bot_start(bot=held, user=held.account.owner)
    with pytest.raises(ValidationError, match="must have been paused by an operator"):
        bot_release(bot=held, user=operator, reason="over")


def test_what_its_owner_or_the_platform_paused_its_owner_starts(market, account):
    bot = make_bot(account, market.product)
    for user in (account.owner, None):
        bot_pause(bot=bot, user=user)
        bot_start(bot=bot, user=account.owner)
        assert state(bot) == Bot.State.RUNNING


def test_the_pages_say_so_and_offer_no_start(client, held):
    client.force_login(held.account.owner)
    start = reverse("bots:switch", args=[held.pk, "start"])
    text = client.get(reverse("bots:detail", args=[held.pk])).content.decode()
    assert "An operator paused this bot at" in text
    assert WHY in text
    assert start not in text
    assert "An operator paused this bot at" in client.get(reverse("bots:list")).content.decode()
    text = client.post(start, follow=True).content.decode()
    assert "is running" not in text
    assert state(held) == Bot.State.PAUSED
