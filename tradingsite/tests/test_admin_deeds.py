"""What operators do: each deed asks why, does what it says, and is in the audit trail with who, when, where and why."""

import re

import pytest
from django.urls import reverse

from apps.accounts.models import TradingAccount, User
from apps.bots.models import Bot
from apps.bots.services import bot_pause, bot_stop
from apps.ledger.models import Position
from apps.operations.models import AuditEntry
from apps.orders.halts import halts_sweep
from apps.orders.models import Order
from apps.risk.models import Halt
from apps.risk.selectors import halt_level
from apps.risk.services import halt, release
from engine.kinds import HaltLevel
from engine.orders.states import WORKING
from tradingsite.testing.operators import Happened, make_happened, make_operator
from tradingsite.testing.people import make_account, make_user
from tradingsite.testing.scripted import LONG

WHY = "a doubt about its data"


@pytest.fixture
def happened(market) -> Happened:
    made = make_happened(market)
    release(halt=made.halt, by=None, reason="over")
    return made


@pytest.fixture
def operator(client, db):
    made = make_operator()
    client.force_login(made)
    return made


def list_of(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def ask(client, name, *rows):
    """Chooses rows and a deed on a list, as its form does; the answer."""
    return client.post(list_of(type(rows[0])), {"action": name, "_selected_action": [row.pk for row in rows]})


def hidden(page) -> dict[str, list[str]]:
    """What the page on which a deed asks why will send again."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text):
        found.setdefault(name, []).append(value)
    return found


def do(client, name, *rows, **answers):
    """Asks for a deed and answers why; the messages that follow."""
    page = ask(client, name, *rows)
    sent = {**hidden(page), "confirmed": "yes", "reason": WHY, **answers}
    page = client.post(list_of(type(rows[0])), sent, REMOTE_ADDR="203.0.113.7", follow=True)
    assert page.status_code == 200
    return [str(message) for message in page.context["messages"]]


def entry(action) -> AuditEntry:
    return AuditEntry.objects.get(action=action)


def working() -> int:
    return Order.objects.filter(state__in=WORKING).count()


def test_a_deed_asks_why_before_it_does_anything(client, happened, operator):
    page = ask(client, "pause_user", happened.owner)
    assert page.status_code == 200
    assert "Their bots make no entries" in page.text
    assert happened.owner.email in page.text
    happened.owner.refresh_from_db()
    assert happened.owner.paused_at is None


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_a_deed_without_a_fair_reason_is_asked_again(client, happened, operator, reason):
    sent = {"action": "pause_user", "_selected_action": [happened.owner.pk], "confirmed": "yes", "reason": reason}
    page = client.post(list_of(User), sent)
    assert page.context["form"].errors["reason"]
    assert not User.objects.filter(paused_at__isnull=False).exists()


def test_pausing_a_user_stops_entries_and_resuming_allows_them(client, happened, operator):
    do(client, "pause_user", happened.owner)
    account = TradingAccount.objects.select_related("owner").get(pk=happened.account.pk)
    assert (account.owner.paused_reason, halt_level(account)) == (WHY, HaltLevel.ENTRIES)
    paused = entry("user.pause")
    assert (paused.actor, paused.reason, paused.ip) == (operator, WHY, "203.0.113.7")
    assert (paused.target_type, paused.target_id) == ("accounts.user", str(happened.owner.pk))
    do(client, "resume_user", happened.owner)
    account.owner.refresh_from_db()
    assert (account.owner.paused_at, halt_level(account)) == (None, HaltLevel.NONE)
    assert entry("user.resume").actor == operator


def test_a_paused_user_makes_no_entry(client, happened, operator):
    happened.market.bars(103, 104)  # the target is reached
    assert not Position.objects.filter(closed=None).exists()
    orders = Order.objects.count()
    do(client, "pause_user", happened.owner)
    happened.market.bar(104, volume=LONG)
    assert Order.objects.count() == orders
    do(client, "resume_user", happened.owner)
    happened.market.bar(104, volume=LONG)
    assert Order.objects.filter(purpose="entry").count() == 2


def test_pausing_twice_says_so_for_each_row_and_does_the_others(client, happened, operator):
    other = make_user()
    do(client, "pause_user", happened.owner)
    told = do(client, "pause_user", happened.owner, other)
    assert told == [f"{happened.owner}: is paused already", f"Pause user: {other}"]
    assert AuditEntry.objects.filter(action="user.pause").count() == 2


def test_a_deed_is_done_from_the_page_of_a_row_too(client, happened, operator):
    path = reverse("admin:bots_bot_change", args=[happened.bot.pk])
    sent = {"CHANGE_FORM-action": "pause_bot", "_selected_action": happened.bot.pk}
    page = client.post(path, sent)
    assert client.post(path, {**hidden(page), "confirmed": "yes", "reason": WHY}).status_code == 302
    assert Bot.objects.get().state == "paused"


def test_pausing_and_starting_a_bot(client, happened, operator):
    do(client, "pause_bot", happened.bot)
    bot = Bot.objects.get()
    assert (bot.state, bot.state_reason) == ("paused", WHY)
    paused = entry("bot.paused")
    assert (paused.actor, paused.reason, paused.ip) == (operator, WHY, "203.0.113.7")
    do(client, "start_bot", happened.bot)
    assert Bot.objects.get().state == "running"
    assert AuditEntry.objects.filter(action="bot.running", actor=operator, reason=WHY).exists()


def test_what_its_owner_paused_or_stopped_no_operator_starts(client, happened, operator):
    bot_pause(bot=happened.bot, user=happened.owner)
    assert "who alone may start it" in do(client, "start_bot", happened.bot)[0]
    bot_stop(bot=happened.bot, user=happened.owner, close=False)
    assert "must be paused" in do(client, "start_bot", happened.bot)[0]
    assert Bot.objects.get().state == "stopped"


def test_what_an_operator_paused_and_its_owner_stopped_is_released_and_stays_stopped(client, happened, operator):
    do(client, "pause_bot", happened.bot)
    bot_stop(bot=happened.bot, user=happened.owner, close=False)
    do(client, "start_bot", happened.bot)
    bot = Bot.objects.get()
    assert (bot.state, bot.held) == ("stopped", "")
    assert entry("bot.release").actor == operator


def test_halting_everything_takes_one_page(client, happened, operator):
    assert working() == 1
    path = f"{reverse('admin:risk_halt_add')}?scope=site"
    page = client.get(path)
    assert "Halt everything" in page.text
    sent = {"level": HaltLevel.ORDERS.value, "reason": WHY}
    assert client.post(path, sent, REMOTE_ADDR="2001:db8::7").status_code == 302
    made = Halt.objects.get(scope="site")
    assert (made.level, made.reason, made.by, made.released_at) == (HaltLevel.ORDERS, WHY, operator, None)
    told = entry("halt.site")
    assert (told.actor, told.reason, told.ip) == (operator, WHY, "2001:db8::7")
    halts_sweep()
    assert working() == 0
    assert Position.objects.filter(closed=None).count() == 1


def test_the_last_level_sells_and_is_the_only_deed_that_makes_an_order(client, happened, operator):
    orders = Order.objects.count()
    do(client, "pause_user", happened.owner)
    do(client, "pause_bot", happened.bot)
    do(client, "start_bot", happened.bot)
    do(client, "halt_account", happened.account, level=HaltLevel.ORDERS.value)
    halts_sweep()
    assert Order.objects.count() == orders
    do(client, "halt_account", happened.account, level=HaltLevel.FLATTEN.value)
    halts_sweep()
    sale = Order.objects.get(purpose="exit")
    assert (sale.reason, sale.side) == ("halt", "sell")


def test_halting_a_venue_an_account_and_a_user(client, happened, operator):
    elsewhere = make_account(venue="elsewhere")
    level = HaltLevel.ENTRIES.value
    path = reverse("admin:risk_halt_add")
    assert client.post(path, {"venue": "replay", "level": level, "reason": WHY}).status_code == 302
    assert (halt_level(happened.account), halt_level(elsewhere)) == (HaltLevel.ENTRIES, HaltLevel.NONE)
    do(client, "halt_account", elsewhere, level=level)
    do(client, "halt_user", elsewhere.owner, level=level)
    scopes = Halt.objects.filter(released_at=None).order_by("pk").values_list("scope", flat=True)
    assert list(scopes) == ["venue", "account", "user"]
    assert {"halt.venue", "halt.account", "halt.user"} <= set(AuditEntry.objects.values_list("action", flat=True))


@pytest.mark.parametrize("wrong", [{"level": ""}, {"level": "4"}, {"venue": "nowhere"}, {"reason": " "}])
def test_a_halt_that_says_too_little_is_asked_again(client, happened, operator, wrong):
    page = client.post(reverse("admin:risk_halt_add"), {"level": 2, "reason": WHY, **wrong})
    assert page.context["form"].errors.keys() == wrong.keys()
    assert not Halt.objects.filter(released_at=None).exists()


def test_releasing_a_halt_asks_why_and_works_once(client, happened, operator):
    made = halt(scope="account", account=happened.account, level=1, reason="x", by=operator)
    do(client, "release_halt", made)
    made.refresh_from_db()
    assert (made.released_by, made.released_reason) == (operator, WHY)
    assert AuditEntry.objects.filter(action="halt.account.release", actor=operator, reason=WHY).count() == 1
    assert "not in force" in do(client, "release_halt", made)[0]


def test_a_halt_that_its_owner_pulled_stays_with_its_owner(client, happened, operator):
    own = halt(scope="account", account=happened.account, level=1, reason="my own", by=happened.owner)
    whole = halt(scope="user", user=happened.owner, level=1, reason="my own", by=happened.owner)
    told = do(client, "release_halt", own, whole)
    assert ["who alone may release it" in text for text in told] == [True, True]
    assert Halt.objects.filter(released_at=None).count() == 2


def test_more_rows_than_a_page_can_name_are_refused(client, db, operator):
    for _ in range(101):
        make_user()
    sent = {"action": "pause_user", "_selected_action": "1", "select_across": "1"}
    page = client.post(list_of(User), sent, follow=True)
    assert "Choose at most 100 rows at once." in page.text
    assert not User.objects.filter(paused_at__isnull=False).exists()


def test_without_the_permission_a_deed_is_not_there(client, happened):
    viewer = make_operator()
    viewer.user_permissions.set(viewer.groups.get().permissions.filter(codename__startswith="view_"))
    viewer.groups.clear()
    client.force_login(viewer)
    for name, row in (
        ("pause_user", happened.owner), ("halt_user", happened.owner), ("halt_account", happened.account),
        ("pause_bot", happened.bot), ("start_bot", happened.bot), ("release_halt", happened.halt),
    ):  # fmt: skip
        sent = {"action": name, "_selected_action": row.pk, "confirmed": "yes", "reason": WHY, "level": 3}
        client.post(list_of(type(row)), sent)
    assert client.get(reverse("admin:risk_halt_add")).status_code == 403
    assert not AuditEntry.objects.filter(actor=viewer).exists()
    assert not Halt.objects.filter(released_at=None).exists()
    assert "Halt everything" not in client.get(reverse("admin:index")).text


def test_owner_and_stranger_do_nothing_here(client, happened):
    for who in (happened.owner, make_user()):
        client.force_login(who)
        sent = {"action": "pause_user", "_selected_action": [happened.owner.pk], "confirmed": "yes", "reason": WHY}
        assert client.post(list_of(User), sent, follow=True).status_code == 403
        assert client.post(reverse("admin:risk_halt_add"), {"level": 3, "reason": WHY}, follow=True).status_code == 403
    assert not User.objects.filter(paused_at__isnull=False).exists()
    assert not Halt.objects.filter(released_at=None).exists()
