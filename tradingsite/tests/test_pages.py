"""Who may see and do what: every page and endpoint for its owner, an operator, a stranger and nobody."""

from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from apps.bots.models import Bot
from apps.risk.models import Halt
from apps.risk.services import halt
from engine.kinds import HaltLevel
from tradingsite.testing.market import Market
from tradingsite.testing.people import make_account, make_bot, make_user
from tradingsite.testing.scripted import LONG

# Pages of whoever is signed in: each sees only what is his.
OWN_PAGES = {
    "dashboard:overview": ["figures", "attention", "bots", "positions", "fills", "curve"],
    "dashboard:switch": [],
    "dashboard:stops": [],
    "dashboard:values": [],
    "dashboard:find": ["dialog", "results"],
    "dashboard:logs": ["rows"],
    "dashboard:logs_download": [],
    "bots:list": ["bots"],
    "bots:new": [],
    "bots:conditions": ["matrix", "decision"],
    "backtests:list": ["queue", "rows"],
    "backtests:new": [],
    "portfolio:positions": ["positions"],
    "portfolio:trades": ["trades"],
    "portfolio:trades_csv": [],
    "portfolio:charts": ["day", "mine"],
    "portfolio:candles": [],
    "portfolio:portfolio": ["assets", "value", "transfers"],
    "portfolio:portfolio_csv": [],
    "portfolio:performance": ["report"],
    "portfolio:performance_csv": [],
    "portfolio:paper": [],
    "risk:halts": ["state", "limits", "changes", "history"],
    "risk:limits": [],
    "markets:stream": ["state"],
    "markets:quality": [],
    "risk:halt": ["dialog"],
}
# Pages of one thing: its owner's alone.
BOT_PAGES = {
    "detail": ["head", "facts", "gates", "orders", "trades"],
    "candles": [],
    "edit": [],
    "versions": [],
}
POSTS = ["portfolio:paper_open", "portfolio:deposit", "portfolio:reset", "portfolio:charts_keep"]
OURS = ("dashboard", "bots", "backtests", "portfolio", "risk", "operations", "markets")
OPEN_TO_ALL = ["dashboard:landing", "dashboard:terms"]
OF_THE_APP = {f"dashboard:{name}" for name in ("manifest", "service_worker", "offline")}  # test_installable


@dataclass
class People:
    owner: Client
    operator: Client
    stranger: Client
    nobody: Client
    bot: Bot
    halt: Halt


@pytest.fixture
def people(market: Market) -> People:
    account = make_account()
    bot = make_bot(account, market.product, params={"stop": 0.01})
    market.bar(100, volume=LONG)
    market.bar(101, 102, 100.5, 101)
    clients = (Client(), Client(), Client(), Client())
    clients[0].force_login(account.owner)
    clients[1].force_login(make_user(is_staff=True, is_superuser=True))
    clients[2].force_login(make_account().owner)
    pulled = halt(scope="account", level=HaltLevel.ENTRIES, reason="a test", by=account.owner, account=account)
    return People(*clients, bot=bot, halt=pulled)


def of_bot(people: People) -> list[str]:
    pk = people.bot.pk
    pages = [reverse(f"bots:{name}", args=[pk]) for name in BOT_PAGES]
    verbs = [reverse("bots:switch", args=[pk, verb]) for verb in ("start", "pause", "stop")]
    chosen = f"{reverse('bots:conditions')}?bot={pk}"
    return [*pages, *verbs, reverse("bots:rollback", args=[pk, 1]), chosen]


def of_owner(people: People) -> list[str]:
    return [*of_bot(people), reverse("risk:release", args=[people.halt.pk])]


def test_the_owner_sees_every_page_and_its_parts(people):
    for name, fragments in OWN_PAGES.items():
        for part in ["", *(f"?fragment={fragment}" for fragment in fragments)]:
            assert people.owner.get(reverse(name) + part).status_code == 200, name + part
    for address in of_owner(people):
        assert people.owner.get(address).status_code == 200, address
    for name, fragments in BOT_PAGES.items():
        for fragment in fragments:
            address = f"{reverse(f'bots:{name}', args=[people.bot.pk])}?fragment={fragment}"
            assert people.owner.get(address).status_code == 200, address


def test_a_stranger_and_an_operator_get_404_for_what_is_not_theirs(people):
    for client in (people.stranger, people.operator):
        for address in of_owner(people):
            assert client.get(address).status_code == 404, address
            assert client.post(address, {"position": "close"}).status_code in (404, 405), address
    people.bot.refresh_from_db()
    people.halt.refresh_from_db()
    assert people.bot.state == Bot.State.RUNNING
    assert people.halt.released_at is None


def test_a_stranger_sees_nothing_of_the_owner_on_shared_addresses(people):
    for name in OWN_PAGES:
        answer = people.stranger.get(reverse(name))
        assert answer.status_code == 200, name
        assert people.bot.name not in answer.getvalue().decode(), name


def test_an_operator_without_an_account_finds_every_page_usable(people):
    for name in OWN_PAGES:
        answer = people.operator.get(reverse(name), follow=True)
        expected = 404 if name in ("risk:halt", "risk:limits") else 200
        assert answer.status_code == expected, name


def test_nobody_is_sent_to_sign_in_and_back(people):
    for address in [*(reverse(name) for name in OWN_PAGES), *of_owner(people)]:
        answer = people.nobody.get(address)
        assert answer.status_code == 302, address
        assert answer.headers["Location"].startswith(f"{reverse('account_login')}?next="), address
    for name in [*POSTS, "risk:halt"]:
        assert people.nobody.post(reverse(name)).status_code == 302, name


def test_nobody_sees_the_open_pages(client, db):
    for name in [*OPEN_TO_ALL, "account_login", "account_signup", "account_reset_password"]:
        answer = client.get(reverse(name))
        assert answer.status_code == 200, name
        assert "Simulated market" in answer.content.decode(), name


def test_deeds_want_a_post(people):
    for name in POSTS:
        assert people.owner.get(reverse(name)).status_code == 405, name
    assert people.owner.post(reverse("bots:list")).status_code == 405


def test_deeds_want_the_token_against_forgery(people):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people.bot.account.owner)
    answer = strict.post(reverse("bots:switch", args=[people.bot.pk, "pause"]))
    assert answer.status_code == 403
    assert "This form is too old" in answer.content.decode()


def test_signed_in_answers_stay_out_of_caches_and_keep_the_policy(people):
    for name in OWN_PAGES:
        answer = people.owner.get(reverse(name))
        assert answer.headers["Cache-Control"] == "no-store", name
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"], name
        assert "unsafe" not in answer.headers["Content-Security-Policy"], name


def test_an_unchanged_part_answers_304(people):
    address = f"{reverse('bots:list')}?fragment=bots"
    first = people.owner.get(address)
    again = people.owner.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    Bot.objects.update(name="Renamed")
    assert people.owner.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_an_unknown_part_answers_404(people):
    assert people.owner.get(f"{reverse('bots:list')}?fragment=secrets").status_code == 404


def test_an_unknown_page_answers_404_with_words(client, db):
    answer = client.get("/nothing/here/")
    assert answer.status_code == 404
    assert "Nothing here" in answer.content.decode()


def test_our_errors_answer_500_without_touching_the_database(client, db, monkeypatch):
    def broken(request):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("apps.dashboard.views.render", lambda *args, **options: broken(None))
    client.raise_request_exception = False
    answer = client.get(reverse("dashboard:terms"))
    assert answer.status_code == 500
    assert "secret detail" not in answer.content.decode()
    assert "Something broke on our side" in answer.content.decode()


def addresses(resolver: URLResolver, namespace: str = "") -> set[str]:
    """Names of every address of ours."""
    found = set()
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            found |= addresses(entry, f"{entry.namespace}:" if entry.namespace else namespace)
        elif isinstance(entry, URLPattern) and entry.name:
            found.add(f"{namespace}{entry.name}")
    return found


def test_no_page_of_ours_is_missing_from_these_tests():
    ours = {name for name in addresses(get_resolver()) if name.split(":")[0] in OURS}
    of_one = {f"bots:{name}" for name in BOT_PAGES} | {"bots:switch", "bots:rollback", "risk:release", "risk:withdraw"}
    for_watchers = {f"operations:{name}" for name in ("live", "ready", "health", "metrics")}  # test_health, _metrics
    names = ("detail", "candles", "trades_csv", "report_json", "cancel", "delete", "bot")
    of_backtests = {f"backtests:{name}" for name in names}  # apps/backtests/tests/test_pages.py
    of_theirs = {"bots:settings", "dashboard:console", "markets:series"}
    tested_elsewhere = of_theirs | for_watchers | OF_THE_APP | of_backtests
    assert ours == {*OWN_PAGES, *of_one, *POSTS, *OPEN_TO_ALL, *tested_elsewhere}


def test_pages_are_compressed_and_an_unchanged_part_still_answers_304(people):
    gzip = {"Accept-Encoding": "gzip"}
    assert people.owner.get(reverse("dashboard:overview"), headers=gzip).headers["Content-Encoding"] == "gzip"
    address = f"{reverse('bots:list')}?fragment=bots"
    first = people.owner.get(address, headers=gzip)
    again = people.owner.get(address, headers=gzip | {"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
