"""Signing up, in and out, and a forgotten password."""

import re
from decimal import Decimal

import pytest
from django.core import mail
from django.urls import reverse

from apps.accounts.models import TradingAccount, User
from tradingsite.testing.people import make_user

PASSWORD = "correct horse battery"
SIGN_UP = {"email": "new@example.org", "password1": PASSWORD, "accept": "on"}


@pytest.fixture(autouse=True)
def cheap_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ACCOUNT_RATE_LIMITS = False


def test_it_opens_a_paper_account_and_leads_to_the_first_bot(client, db):
    answer = client.post(reverse("account_signup"), SIGN_UP)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/bots/new/?first")
    account = TradingAccount.objects.get(owner__email="new@example.org")
    balance = account.balances.get()
    assert (account.venue, account.mode, balance.currency, balance.free) == ("replay", "paper", "USD", Decimal(10000))
    assert "Create your first bot" in client.get("/bots/new/?first").content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "no-address", "valid email"),
        ("email", "", "required"),
        ("password1", "short", "at least 10 characters"),
        ("password1", "password1234", "too common"),
        ("accept", "", "must accept the terms"),
    ],
)
def test_it_names_what_is_wrong_and_opens_nothing(client, db, field, value, words):
    answer = client.post(reverse("account_signup"), SIGN_UP | {field: value})
    assert words in answer.content.decode()
    assert not User.objects.exists()
    assert not TradingAccount.objects.exists()


def test_it_signs_in_with_the_address_and_returns_to_the_page_that_was_asked_for(client, db):
    make_user("trader@example.org").set_password(PASSWORD)
    user = make_user("other@example.org")
    user.set_password(PASSWORD)
    user.save()
    form = {"login": "other@example.org", "password": PASSWORD}
    assert client.post(f"{reverse('account_login')}?next=/trades/", form).headers["Location"] == "/trades/"


def test_it_never_leads_to_another_site(client, db):
    user = make_user("other@example.org")
    user.set_password(PASSWORD)
    user.save()
    form = {"login": user.email, "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post(reverse("account_login"), form).headers["Location"] == reverse("dashboard:overview")


def test_it_tells_no_one_whether_the_address_or_the_password_was_wrong(client, db):
    user = make_user("other@example.org")
    user.set_password(PASSWORD)
    user.save()
    wrong = [{"login": user.email, "password": "x" * 12}, {"login": "nobody@example.org", "password": PASSWORD}]
    texts = [client.post(reverse("account_login"), form).content.decode() for form in wrong]
    messages = [re.findall(r'role="alert".*?</div>', text, re.DOTALL)[0] for text in texts]
    assert messages[0] == messages[1]


def test_it_signs_out_by_post_alone(client, db):
    client.force_login(make_user())
    assert client.get(reverse("account_logout")).status_code == 200
    assert client.get(reverse("dashboard:overview")).status_code == 200
    assert client.post(reverse("account_logout")).headers["Location"] == "/"
    assert client.get(reverse("dashboard:overview")).status_code == 302


def test_it_resets_a_password_by_a_link_that_works_once(client, db):
    user = make_user("forgot@example.org")
    user.set_password("a forgotten one")
    user.save()
    client.post(reverse("account_reset_password"), {"email": user.email})
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body).group(1)
    page = client.get(link, follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert "does not work any more" in client.get(link, follow=True).content.decode()


def test_it_answers_alike_for_known_and_unknown_addresses(client, db):
    make_user("known@example.org")
    pages = [
        client.post(reverse("account_reset_password"), {"email": email}, follow=True).content
        for email in ("known@example.org", "unknown@example.org")
    ]
    assert pages[0] == pages[1]
