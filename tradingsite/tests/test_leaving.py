"""Leaving: everything of a user goes at once or not at all, and nobody else notices."""

import io
import json
import zipfile

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from apps.accounts.closing import user_delete
from apps.accounts.models import ExchangeConnection, TradingAccount, User
from apps.accounts.registry import on_delete, personal
from apps.accounts.tests.test_access_tokens import ask
from apps.accounts.tokens import token_create
from apps.bots.models import Bot, Evaluation
from apps.operations.models import AuditEntry
from apps.orders.models import Fill, Order
from apps.risk.services import halt
from engine.kinds import HaltLevel
from engine.orders.states import OrderState
from tradingsite.testing.people import make_account, make_bot, make_user
from tradingsite.testing.scripted import LONG
from tradingsite.testing.signing import PASSWORD, code_of, sign_in, signed_in, with_app

pytestmark = pytest.mark.django_db
# Rows that name a user but are nobody's data: who may do what, the operators' own log, the words of tokens kept as ids.
NOT_PERSONAL = {
    "accounts.user_groups", "accounts.user_user_permissions", "admin.logentry", "account.emailconfirmation",
    "token_blacklist.outstandingtoken", "token_blacklist.blacklistedtoken",
}  # fmt: skip


def trade(market, user: User) -> Bot:
    """A bot of the user with a position, orders, fills and decisions."""
    bot = make_bot(make_account(user), market.product, params={"stop": 0.01})
    market.bar(100, volume=LONG)
    market.bar(101, 102, 100.5, 101)
    return bot


def rows_of(user: User) -> dict[str, int]:
    return {table.name: table.rows(user).count() for table in personal}


def leads_to_user(model, seen=()) -> bool:
    fields = [field for field in model._meta.get_fields() if isinstance(field, ForeignKey)]
    targets = {field.related_model for field in fields} - {model, *seen}
    return User in targets or any(leads_to_user(target, (*seen, model)) for target in targets)


def test_every_table_with_rows_of_users_is_in_the_export():
    found = {model._meta.label_lower for model in apps.get_models(include_auto_created=True) if leads_to_user(model)}
    missing = found - {table.name for table in personal} - NOT_PERSONAL
    assert not missing, f"add to tradingsite/personal.py: {sorted(missing)}"


def unpacked(answer) -> dict[str, list]:
    pack = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert pack.testzip() is None
    return {name.removesuffix(".json"): json.loads(pack.read(name)) for name in pack.namelist()}


def test_the_export_holds_every_row_of_the_user_and_none_of_others(market, trader):
    bot = trade(market, trader)
    other = make_user("other@example.org")
    theirs = trade(market, other)
    token, secret = token_create(user=trader, name="script", scope="read")
    factor = with_app(trader)
    halt(scope="account", level=HaltLevel.ENTRIES, reason="drill", by=trader, account=bot.account)
    client = signed_in_with_code(trader, factor)
    answer = client.post(reverse("accounts:export"), headers={"Accept-Encoding": "gzip"})
    assert (answer["Content-Type"], answer["Content-Encoding"]) == ("application/zip", "identity")
    files = unpacked(answer)

    assert {name: len(rows) for name, rows in files.items() if name != "index"} == rows_of(trader)
    for name in ("bots.evaluation", "orders.order", "orders.fill", "ledger.line", "risk.halt", "accounts.accesstoken"):
        assert files[name], name
    assert files["index"]["rows"]["orders.order"] == Order.objects.filter(account=bot.account).count()
    text = json.dumps(files)
    for hidden in (secret, token.digest, factor, trader.password, client.session.session_key):
        assert hidden not in text
    assert "other@example.org" not in text
    assert {row["id"] for row in files["bots.bot"]} == {bot.pk}
    assert theirs.pk not in {row["bot_id"] for row in files["bots.evaluation"]}
    assert AuditEntry.objects.filter(action="user.export", actor=trader).count() == 1


def signed_in_with_code(user: User, factor: str) -> Client:
    """Signed in past the second factor."""
    client = Client()
    client.force_login(user)
    client.post(reverse("mfa_reauthenticate"), {"code": code_of(factor)})
    return client


def test_exact_amounts_survive_the_export(market, trader):
    trade(market, trader)
    files = unpacked(signed_in(trader).post(reverse("accounts:export")))
    fill = Fill.objects.filter(account__owner=trader).first()
    kept = next(row for row in files["orders.fill"] if row["id"] == fill.pk)
    assert kept["price"] == str(fill.price)


def test_exports_are_limited(trader):
    client = signed_in(trader)
    statuses = [client.post(reverse("accounts:export")).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]


def test_leaving_takes_everything_along_and_nothing_of_others(market, trader):
    trade(market, trader)
    other = make_user("other@example.org")
    trade(market, other)
    _, secret = token_create(user=trader, name="script", scope="trade")
    script = APIClient()
    pair = script.post("/api/v1/auth/token/", {"email": trader.email, "password": PASSWORD}, format="json").data
    elsewhere = signed_in(trader)
    client = signed_in(trader)
    before, pk = rows_of(other), trader.pk

    answer = client.post(reverse("accounts:delete"), {"sure": "Delete"})

    assert answer.headers["Location"] == reverse("dashboard:landing")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert "are deleted" in client.get(answer.headers["Location"]).content.decode()
    assert not User.objects.filter(pk=pk).exists()
    trader.pk = pk
    left = {name: count for name, count in rows_of(trader).items() if count}
    assert set(left) == {"operations.auditentry"}
    assert rows_of(other) == before
    assert elsewhere.get(reverse("dashboard:overview")).status_code == 302
    assert ask(secret).status_code == 401
    assert script.post("/api/v1/auth/token/refresh/", {"refresh": pair["refresh"]}, format="json").status_code == 401
    assert not any("trader@example.org" in str(row.get_decoded()) for row in Session.objects.all())
    assert sign_in(Client()).status_code == 200  # the form again
    market.bar(102)  # the market goes on, for the others


def test_the_trail_keeps_the_deeds_and_forgets_the_person(market, trader):
    trade(market, trader)
    halt(scope="user", level=HaltLevel.ENTRIES, reason="my own words", by=trader, user=trader)
    sign_in(Client(), password="wrong password")
    pk = trader.pk
    user_delete(user=trader)
    entries = list(AuditEntry.objects.filter(actor_label=f"deleted user {pk}").values_list("action", flat=True))
    assert {"bot.create", "bot.stopped", "user.delete"} <= set(entries)
    everything = " ".join(str(entry) for entry in AuditEntry.objects.values())
    assert "trader@example.org" not in everything
    assert "my own words" not in everything


def test_the_bots_stop_and_the_orders_are_cancelled_first(market, trader, monkeypatch):
    bot = trade(market, trader)
    seen = []

    def look(user):
        seen.append(
            (Bot.objects.get(pk=bot.pk).state, Order.objects.filter(account=bot.account, finished=None).count())
        )

    monkeypatch.setattr("apps.accounts.closing.on_delete", [*on_delete, look])
    user_delete(user=trader)
    assert seen == [(Bot.State.STOPPED, 0)]


def test_while_an_order_is_on_its_way_nothing_happens(market, trader):
    bot = trade(market, trader)
    working = Order.objects.filter(account=bot.account, finished=None)
    assert working.update(state=OrderState.SUBMITTING) == 1
    before = rows_of(trader)
    answer = signed_in(trader).post(reverse("accounts:delete"), {"sure": "delete"})
    assert answer.status_code == 400
    assert "is being sent" in answer.content.decode()
    bot.refresh_from_db()
    assert bot.state == Bot.State.RUNNING
    after = rows_of(trader)
    for name in ("account.emailaddress", "usersessions.usersession", "operations.auditentry"):
        before.pop(name), after.pop(name)  # signing in left its traces
    assert after == before


@pytest.mark.parametrize(
    ("typed", "words"), [("", "was empty"), ("no", "was &#x27;no&#x27;"), ("x" * 500, "was &#x27;xxx")]
)
def test_the_word_must_be_typed(trader, typed, words):
    answer = signed_in(trader).post(reverse("accounts:delete"), {"sure": typed})
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert User.objects.filter(pk=trader.pk).exists()


def test_the_last_superuser_stays(db):
    first = User.objects.create_superuser("first@example.org")
    with pytest.raises(ValidationError, match="last superuser"):
        user_delete(user=first)
    second = User.objects.create_superuser("second@example.org")
    user_delete(user=first)
    assert list(User.objects.all()) == [second]


def test_a_connected_exchange_is_disconnected_first(trader):
    """The last look at real money must not get lost with the row."""
    account = make_account(trader)
    row = {"label": "Main", "venue": "coinbase", "portfolio": "p", "secret": "x"}
    connection = ExchangeConnection.objects.create(owner=trader, **row)
    TradingAccount.objects.filter(pk=account.pk).update(mode=TradingAccount.Mode.LIVE, connection=connection)
    with pytest.raises(ValidationError, match="no exchange connected"):
        user_delete(user=trader)
    assert TradingAccount.objects.filter(pk=account.pk).exists()
    connection.delete()
    user_delete(user=trader)
    assert not TradingAccount.objects.filter(pk=account.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_the_person_is_told_by_mail(trader):
    signed_in(trader).post(reverse("accounts:delete"), {"sure": "delete"})
    assert (mail.outbox[-1].to, "is deleted" in mail.outbox[-1].subject) == (["trader@example.org"], True)
    assert not Evaluation.objects.exists()
