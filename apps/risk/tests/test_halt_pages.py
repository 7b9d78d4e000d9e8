"""The kill switch: fast to pull, slow to release."""

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from apps.accounts.services import user_pause
from apps.risk.models import Halt
from apps.risk.selectors import halt_level
from apps.risk.services import halt
from engine.kinds import HaltLevel
from tradingsite.testing.market import make_product
from tradingsite.testing.people import make_account, make_user
from tradingsite.testing.signing import PASSWORD, code_of, with_app


@pytest.fixture
def account(client, db):
    account = make_account(make_user(password=PASSWORD))
    account.owner.confirm_address()
    client.force_login(account.owner)
    return account


def text(client, name: str = "risk:halts") -> str:
    return client.get(reverse(name)).content.decode()


def release(client, row: Halt, reason: str = "looked at it"):
    return client.post(reverse("risk:release", args=[row.pk]), {"reason": reason})


@pytest.fixture
def pulled(client, account) -> Halt:
    client.post(reverse("risk:halt"), {"level": "1"})
    return Halt.objects.get()


def test_it_says_that_trading_is_allowed(client, account):
    assert "TRADING IS ALLOWED" in text(client)
    assert "KILL SWITCH" in text(client, "dashboard:switch")


@pytest.mark.parametrize("name", ["risk:halts", "dashboard:overview", "bots:list", "dashboard:stops"])
@pytest.mark.parametrize("how", ["pause", "halt"])
def test_whom_an_operator_stopped_reads_it_on_every_page(client, account, name, how):
    operator = make_user("operator@example.org")
    if how == "pause":
        user_pause(user=account.owner, by=operator, reason="papers missing")
    else:
        halt(scope="user", user=account.owner, level=HaltLevel.ENTRIES, reason="papers missing", by=operator)
    page = text(client, name)
    assert "Stopped by an operator" in page
    assert "papers missing" in page
    assert "<time" in page
    assert operator.email not in page
    assert "TRADING IS ALLOWED" not in page
    assert "HALTED" in text(client, "dashboard:switch")


def test_what_one_stopped_by_oneself_needs_no_banner(client, account):
    halt(scope="account", account=account, level=HaltLevel.ENTRIES, reason="mine", by=account.owner)
    assert text(client, "dashboard:stops").strip() == ""


def test_the_middle_level_is_chosen_beforehand(client, account):
    for part in ("", "?fragment=dialog"):
        page = client.get(reverse("risk:halt") + part).content.decode()
        assert 'name="level" value="2" checked' in page
        assert page.count("checked") == 1


def test_one_post_without_typing_halts(client, account):
    answer = client.post(reverse("risk:halt"), {"level": "2"}, follow=True)
    assert "TRADING IS HALTED" in answer.content.decode()
    assert "HALTED" in text(client, "dashboard:switch")
    row = Halt.objects.get()
    assert (row.scope, row.level, row.by, row.account) == ("account", HaltLevel.ORDERS, account.owner, account)


@pytest.mark.parametrize(
    ("level", "words"), [("", "Level must be 1, 2 or 3, was empty."), ("9", "Level must be 1, 2 or 3, was 9.")]
)
def test_it_names_a_bad_level(client, account, level, words):
    answer = client.post(reverse("risk:halt"), {"level": level})
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not Halt.objects.exists()


def test_it_is_released_once_somebody_proved_to_be_the_owner(client, account, pulled):
    asked = release(client, pulled)
    assert asked.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert halt_level(account) == HaltLevel.ENTRIES
    answer = client.post(asked.headers["Location"], {"password": PASSWORD})
    assert answer.headers["Location"] == reverse("risk:halts")
    assert halt_level(account) == HaltLevel.NONE
    assert "looked at it" in text(client)
    assert release(client, pulled).status_code == 404


def test_a_wrong_password_releases_nothing(client, account, pulled):
    client.post(release(client, pulled).headers["Location"], {"password": "a guess"})
    assert halt_level(account) == HaltLevel.ENTRIES


def test_the_password_does_not_do_where_there_is_a_second_factor(client, account, pulled):
    secret = with_app(account.owner)
    asked = release(client, pulled).headers["Location"]
    assert asked.startswith(reverse("mfa_reauthenticate"))
    by_password = client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert by_password.headers["Location"].startswith(reverse("mfa_reauthenticate"))
    assert halt_level(account) == HaltLevel.ENTRIES
    assert client.post(asked, {"code": code_of(secret)}).headers["Location"] == reverse("risk:halts")
    assert halt_level(account) == HaltLevel.NONE


def test_who_has_a_passkey_alone_is_asked_for_it(client, account, pulled):
    account.owner.set_unusable_password()
    account.owner.save()
    client.force_login(account.owner)
    Authenticator.objects.create(user=account.owner, type="webauthn", data={"name": "Laptop"})
    assert release(client, pulled).headers["Location"].startswith(reverse("mfa_reauthenticate_webauthn"))
    assert halt_level(account) == HaltLevel.ENTRIES


def test_it_stays_halted_without_words(client, account, pulled):
    answer = release(client, pulled, reason="")
    assert answer.status_code == 400
    assert "Reason must say why it is safe to go on, was empty." in answer.content.decode()
    assert halt_level(account) == HaltLevel.ENTRIES


@pytest.mark.parametrize("scope", ["site", "venue", "account"])
def test_a_user_cannot_release_what_an_operator_pulled(client, account, scope):
    operator = make_user(is_staff=True)
    make_product()
    row = halt(scope=scope, level=HaltLevel.ENTRIES, reason="drill", by=operator, account=account, venue=account.venue)
    assert "Only an operator can release it." in text(client)
    assert release(client, row).status_code == 403
    assert halt_level(account) == HaltLevel.ENTRIES


def test_a_user_releases_what_the_platform_pulled(client, account):
    row = halt(scope="account", level=HaltLevel.ENTRIES, reason="a broken gear", by=None, account=account)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert release(client, row).status_code == 302
    assert halt_level(account) == HaltLevel.NONE


def test_guessing_passwords_is_slowed_down(client, account, pulled):
    asked = release(client, pulled).headers["Location"]
    answers = [client.post(asked, {"password": f"guess {number}"}).status_code for number in range(12)]
    assert answers[-1] == 429
