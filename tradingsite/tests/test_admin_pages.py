"""The operators' site opens for operators, on every list and page, and for nobody else."""

import pytest
from django.contrib import admin
from django.urls import reverse

from apps.accounts.models import User
from apps.bots.models import Evaluation
from apps.ledger.models import Balance, Entry
from apps.operations.models import AuditEntry
from apps.orders.models import Order
from apps.risk.models import Halt
from tradingsite.testing.operators import make_happened, make_operator
from tradingsite.testing.people import make_user

OURS = {"accounts", "bots", "ledger", "operations", "orders", "risk", "markets"}
MODELS = sorted((model for model in admin.site._registry if model._meta.app_label in OURS), key=lambda m: m._meta.label)
LABELS = [model._meta.label_lower for model in MODELS]
WRITABLE = {"accounts.user", "risk.halt"}
EMPTY = {"markets.candlechunk"}  # a market that began today has stored no day yet


def list_of(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(row) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def add_of(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")


@pytest.fixture
def happened(market):
    return make_happened(market)


@pytest.fixture
def operator(client, db):
    made = make_operator()
    client.force_login(made)
    return made


@pytest.fixture
def superuser(client, db):
    made = make_user("root@example.org", is_staff=True, is_superuser=True)
    client.force_login(made)
    return made


def test_it_registers_what_operators_need():
    needed = {
        "accounts.user", "accounts.tradingaccount", "risk.riskpolicy", "risk.halt", "bots.bot", "bots.botversion",
        "bots.evaluation", "bots.evaluationbatch", "orders.order", "orders.fill", "ledger.entry", "ledger.balance",
        "ledger.hold", "ledger.position", "markets.product", "markets.marketsession", "markets.feed",
        "operations.auditentry", "operations.ownership",
    }  # fmt: skip
    assert needed <= set(LABELS)


def test_an_operator_opens_every_list_and_page(client, happened, operator):
    for model in MODELS:
        assert client.get(list_of(model)).status_code == 200, model
        row = model._default_manager.first()
        assert (row is None) == (model._meta.label_lower in EMPTY), model
        if row is not None:
            page = client.get(page_of(row))
            assert page.status_code == 200, row
            assert 'name="_save"' not in page.text, row


def test_every_filter_and_search_of_a_list_works(client, happened, operator):
    for model in MODELS:
        page = client.get(list_of(model), {"q": "no such thing 123"})
        assert page.status_code == 200, model
        changes = page.context["cl"]
        links = {choice["query_string"] for spec in changes.filter_specs for choice in spec.choices(changes)}
        for query in sorted(links):
            assert client.get(f"{list_of(model)}{query}").status_code == 200, query


def test_it_refuses_the_owner_and_a_stranger(client, happened):
    pages = [reverse("admin:index"), add_of(Halt), page_of(happened.bot), page_of(happened.owner)]
    for who in (happened.owner, make_user()):
        client.force_login(who)
        for path in (*map(list_of, MODELS), *pages):
            assert client.get(path, follow=True).status_code == 403, path


def test_it_sends_an_unknown_visitor_to_the_one_sign_in(client, happened):
    for model in MODELS:
        answer = client.get(list_of(model), follow=True)
        path, _ = answer.redirect_chain[-1]
        assert path.startswith(reverse("account_login"))
        assert list_of(model) in path


def test_staff_without_a_permission_see_no_rows(client, happened):
    client.force_login(make_user(is_staff=True))
    assert client.get(reverse("admin:index")).status_code == 200
    for model in MODELS:
        assert client.get(list_of(model)).status_code == 403, model
    assert client.get(add_of(Halt)).status_code == 403


def test_not_even_a_superuser_writes_what_the_platform_writes(client, happened, superuser):
    for model in MODELS:
        if model._meta.label_lower in WRITABLE | EMPTY:
            continue
        row = model._default_manager.first()
        delete = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_delete", args=[row.pk])
        assert client.get(add_of(model)).status_code == 403, model
        assert client.post(page_of(row), {"memo": "mine"}).status_code == 403, model
        assert client.post(delete, {"post": "yes"}).status_code == 403, model


def test_a_user_cannot_be_made_or_deleted_here(client, happened, superuser):
    assert client.get(add_of(User)).status_code == 403
    delete = reverse("admin:accounts_user_delete", args=[happened.owner.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=happened.owner.pk).exists()


def test_a_user_page_shows_no_password(client, happened, superuser):
    happened.owner.set_password("a long password")
    happened.owner.save()
    page = client.get(page_of(happened.owner)).text
    assert happened.owner.password not in page
    assert "argon2" not in page


def test_a_superuser_makes_an_operator_and_the_trail_tells(client, happened, superuser):
    operators = make_operator().groups.get()
    stranger = make_user()
    sent = {"is_active": "on", "is_staff": "on", "groups": [operators.pk], "email": "other@example.org"}
    assert client.post(page_of(stranger), sent).status_code == 302
    address = stranger.email
    stranger.refresh_from_db()
    assert (stranger.is_staff, stranger.email) == (True, address)
    entry = AuditEntry.objects.get(action="user.change")
    assert (entry.actor, entry.target_id) == (superuser, str(stranger.pk))


def test_an_operator_cannot_make_a_superuser(client, happened, operator):
    assert client.post(page_of(operator), {"is_superuser": "on"}).status_code == 403


def test_a_decision_is_told_in_words_with_every_gate(client, happened, operator):
    decision = Evaluation.objects.order_by("pk").first()
    assert "Entry: every gate passed" in client.get(list_of(Evaluation)).text
    page = client.get(page_of(decision)).text
    assert "Volume says long" in page
    assert "Exposure" in page


def test_decisions_are_found_by_bot_day_verdict_and_gate(client, happened, operator):
    def count(**query):
        return client.get(list_of(Evaluation), query).context["cl"].result_count

    everything = Evaluation.objects.count()
    assert everything > 1
    assert count(bot=happened.bot.pk) == count(day="2020-02-10") == count(q=happened.bot.name) == everything
    assert count(bot=0) == count(day="2020-02-11") == count(q="another") == 0
    assert count(verdict__exact=0) == 1
    assert count(gate="0") + count(gate="condition") <= everything
    assert count(bot="x", day="x", gate="x") == everything


def test_an_order_is_found_by_its_names_and_shows_events_and_fills(client, happened, operator):
    order = Order.objects.get(purpose="entry")
    for words in (str(order.client_order_id), order.exchange_order_id, happened.owner.email, order.holder):
        assert order in client.get(list_of(Order), {"q": words}).context["cl"].result_list
    page = client.get(page_of(order)).text
    assert "submitting" in page
    assert f"{order.fills.get().price.normalize():f}" in page


def test_amounts_have_all_their_digits_and_no_more(client, happened, operator):
    balance = Balance.objects.get(currency="USD")
    page = client.get(list_of(Balance)).text
    assert f'<td class="field-total">{balance.total.normalize():f}</td>' in page


def test_an_entry_shows_its_lines(client, happened, operator):
    entry = Entry.objects.filter(kind="fill").first()
    page = client.get(page_of(entry)).text
    assert page.count('class="field-bucket"') == entry.lines.count() > 2


def test_the_history_of_a_row_is_its_audit_trail(client, happened, operator):
    history = reverse("admin:bots_bot_history", args=[happened.bot.pk])
    page = client.get(history, follow=True)
    assert {entry.action for entry in page.context["cl"].result_list} == {"bot.create", "bot.running"}


def test_the_first_page_counts_what_wants_a_look(client, happened, operator):
    page = client.get(reverse("admin:index"))
    tallies = {tally.label: value for tally, value in page.context["tallies"]}
    assert tallies["Halts in force"] == 1
    assert tallies["Bots running"] == 1
    assert tallies["Orders of unknown outcome"] == 0
    for tally, _ in page.context["tallies"]:
        assert client.get(tally.url).status_code == 200, tally.label
    assert "here:1" in page.text
    assert f"{reverse('admin:risk_halt_add')}?scope=site" in page.text


def test_a_longer_list_costs_no_more_queries(client, market, operator, django_assert_max_num_queries):
    make_happened(market)
    few = {}
    for model in MODELS:
        client.get(list_of(model))  # permissions and content types are remembered from here on
        with django_assert_max_num_queries(15) as counted:
            client.get(list_of(model))
        few[model] = len(counted.captured_queries)
    for _ in range(3):
        make_happened(market)
    for model in MODELS:
        with django_assert_max_num_queries(few[model]):
            client.get(list_of(model))
