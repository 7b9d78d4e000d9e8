"""The operators' console: what it shows, and that its buttons do what they say."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from apps.bots.models import Bot
from apps.dashboard import console as console_module
from apps.operations.models import AuditEntry
from apps.orders.models import Order
from apps.risk.models import Halt
from apps.risk.services import halt
from engine.kinds import HaltLevel
from tradingsite.testing.people import make_account, make_bot, make_user
from tradingsite.testing.scripted import LONG

pytestmark = pytest.mark.django_db
PAGE = "/console/"


@pytest.fixture
def bot(market) -> Bot:
    bot = make_bot(make_account(make_user("anna@example.org")), market.product)
    market.bar(100, volume=LONG)
    return bot


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(make_user("operator@example.org", is_staff=True, is_superuser=True))
    return client


def test_it_exists_for_operators_alone(client, operator):
    assert operator.get(PAGE).status_code == 200
    assert client.get(PAGE).status_code == 302
    client.force_login(make_user())
    assert client.get(PAGE).status_code == 404


def test_it_shows_users_bots_streams_queues_and_checks(bot, operator):
    text = operator.get(PAGE).content.decode()
    for shown in ("anna@example.org", bot.name, "BTC-USD", "the clock has never run", "evaluations", "Pause…"):
        assert shown.lower() in text.lower(), shown


@pytest.mark.parametrize("part", console_module.PARTS)
def test_each_part_can_be_fetched_alone(bot, operator, part):
    answer = operator.get(f"{PAGE}?fragment={part}")
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()


def test_it_finds_by_e_mail_and_by_name(bot, operator):
    other = make_bot(make_account(make_user("bert@example.org")), bot.product)
    for part, shown, hidden in (("users", "bert@", "anna@"), ("bots", other.name, bot.name)):
        text = operator.get(f"{PAGE}?q=bert&fragment={part}").content.decode()
        assert shown in text
        assert hidden not in text
    assert "No user's e-mail contains “&lt;nobody&gt;”" in operator.get(f"{PAGE}?q=<nobody>").content.decode()


def test_orders_of_unknown_outcome_are_shown_however_old(bot, operator):
    order = Order.objects.latest("pk")
    assert f"#{order.pk} buy" not in operator.get(f"{PAGE}?fragment=trouble").content.decode()
    Order.objects.filter(pk=order.pk).update(state="unknown", created="2020-01-01T00:00Z", message="no answer")
    text = operator.get(f"{PAGE}?fragment=trouble").content.decode()
    assert f"#{order.pk} buy" in text
    assert "no answer" in text


def press(client: Client, page: str, **chosen: str) -> None:
    """What a button of the console does: the list's page asks why, then it is done."""
    asked = client.post(reverse(page), chosen)
    assert asked.status_code == 200
    assert "Why" in asked.content.decode()
    assert client.post(reverse(page), {**chosen, "confirmed": "1", "reason": "drill"}).status_code == 302


def test_pausing_and_starting_a_bot_from_here_is_audited(bot, operator):
    press(operator, "admin:bots_bot_changelist", action="pause_bot", _selected_action=str(bot.pk))
    bot.refresh_from_db()
    assert bot.state == Bot.State.PAUSED
    assert "Start…" in operator.get(f"{PAGE}?fragment=bots").content.decode()
    press(operator, "admin:bots_bot_changelist", action="start_bot", _selected_action=str(bot.pk))
    bot.refresh_from_db()
    assert bot.state == Bot.State.RUNNING
    deeds = AuditEntry.objects.filter(target_id=str(bot.pk), actor_label="operator@example.org")
    assert {entry.reason for entry in deeds} == {"drill"}


def test_a_kill_switch_is_shown_and_released_from_here(bot, operator):
    pulled = halt(scope="site", level=HaltLevel.ENTRIES, reason="a flood", by=make_user(is_staff=True))
    text = operator.get(f"{PAGE}?fragment=state").content.decode()
    assert "a flood" in text
    press(operator, "admin:risk_halt_changelist", action="release_halt", _selected_action=str(pulled.pk))
    assert not Halt.objects.filter(released_at=None).exists()
    assert "a flood" not in operator.get(f"{PAGE}?fragment=state").content.decode()


def test_open_consoles_are_told_to_look_again(bot, operator, monkeypatch):
    told = []
    monkeypatch.setattr(console_module, "hint", lambda user_id, *keys: told.append((user_id, keys)))
    cache.clear()
    operator.get(PAGE)
    console_module.console_sweep()
    assert [keys for _, keys in told] == [("console",)]


def test_while_no_console_is_open_nobody_is_looked_for(operator, django_assert_num_queries):
    cache.clear()
    with django_assert_num_queries(0):
        console_module.console_sweep()


def test_its_queries_do_not_grow_with_the_platform(bot, operator, django_assert_max_num_queries):
    for _ in range(5):
        make_bot(make_account(), bot.product)
    with django_assert_max_num_queries(45):
        operator.get(PAGE)
