"""The settings: each section for its owner, a stranger and nobody; what it refuses; what it changes elsewhere."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.browsers import browser_name
from apps.accounts.models import AccessToken, User
from apps.accounts.tests.test_access_tokens import ask
from apps.accounts.tokens import token_create
from apps.operations.models import AuditEntry
from tradingsite.testing.people import make_user
from tradingsite.testing.signing import PASSWORD, sign_in, signed_in

pytestmark = pytest.mark.django_db
SECTIONS = ["profile", "security", "tokens", "display", "data"]
PAGES = [*(f"accounts:{name}" for name in SECTIONS), "account_email"]
PAGES_OF_FACTORS = ["mfa_activate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes"]
POSTS = ["accounts:sessions_end", "accounts:export", "accounts:delete"]


def is_in(client: Client) -> bool:
    return client.get(reverse("dashboard:overview")).status_code == 200


@pytest.fixture
def owner(trader: User) -> Client:
    return signed_in(trader)


def test_the_owner_sees_every_section_and_no_cache_keeps_it(owner):
    for name in PAGES:
        answer = owner.get(reverse(name))
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store"), name


def test_nobody_is_sent_to_sign_in(client, db):
    for name in [*PAGES, *PAGES_OF_FACTORS]:
        assert client.get(reverse(name)).status_code == 302, name
    for name in POSTS:
        assert client.post(reverse(name)).status_code == 302, name


def test_a_stranger_reaches_nothing_of_the_owner(trader):
    sign_in(Client())
    token, _ = token_create(user=trader, name="script", scope="read")
    key = Authenticator.objects.create(user=trader, type="webauthn", data={"name": "Key"})
    session = UserSession.objects.get(user=trader)
    stranger = Client()
    stranger.force_login(make_user())
    assert stranger.post(reverse("accounts:token_end", args=[token.pk])).status_code == 404
    assert stranger.post(reverse("accounts:session_end", args=[session.pk])).status_code == 404
    assert stranger.get(reverse("mfa_remove_webauthn", args=[key.pk])).status_code in (302, 404)
    token.refresh_from_db()
    assert token.revoked is None
    assert UserSession.objects.filter(pk=session.pk).exists()


def test_where_the_library_has_pages_of_its_own_it_leads_to_ours(owner):
    for name in ("mfa_index", "mfa_list_webauthn", "usersessions_list"):
        assert owner.get(reverse(name)).headers["Location"] == reverse("accounts:security")


@pytest.mark.parametrize("name", PAGES_OF_FACTORS)
def test_what_a_thief_would_do_asks_again_who_you_are(trader, name):
    client = Client()
    sign_in(client)
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("account_reauthenticate"))


@pytest.mark.parametrize("name", [*POSTS[1:], "accounts:tokens", "account_email"])
def test_a_deed_waits_for_the_password(trader, name):
    client = Client()
    sign_in(client)
    given = {"name": "script", "scope": "trade", "days": "", "email": "new@example.org", "action_add": "1"}
    answer = client.post(reverse(name), {**given, "sure": "delete"})
    assert answer.headers["Location"].startswith(reverse("account_reauthenticate"))
    client.post(answer.headers["Location"], {"password": "wrong password"})
    assert User.objects.filter(pk=trader.pk).exists()
    assert not AccessToken.objects.exists()
    assert not EmailAddress.objects.filter(email="new@example.org").exists()


# --- profile and display ---
def test_the_zone_moves_every_time_of_the_pages(owner, trader):
    assert owner.post(reverse("accounts:profile"), {"name": "Ada", "time_zone": "Asia/Tokyo"}).status_code == 302
    trader.refresh_from_db()
    assert (trader.name, trader.zone) == ("Ada", ZoneInfo("Asia/Tokyo"))
    trader.access_tokens.create(name="x", digest="x", expires=datetime(2030, 1, 1, 20, tzinfo=UTC))
    assert "2030-01-02 05:00" in owner.get(reverse("accounts:tokens")).content.decode()
    assert timezone.get_current_timezone_name() == "UTC"  # of the next request


def test_a_zone_this_machine_no_longer_knows_is_utc(owner, trader):
    User.objects.filter(pk=trader.pk).update(time_zone="Atlantis/Capital")
    assert is_in(owner)


def test_the_display_reaches_every_page(owner):
    given = {"palette": "clear", "density": "dense", "reduced_motion": "on", "updates_paused": "on"}
    assert owner.post(reverse("accounts:display"), given).status_code == 302
    root = re.search("<html[^>]*>", owner.get(reverse("dashboard:overview")).content.decode()).group()
    for mark in ('data-palette="clear"', 'data-density="dense"', 'data-motion="reduced"', 'data-updates="paused"'):
        assert mark in root


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("profile", {"time_zone": "Mars/Olympus"}, "Time zone must be one of the list, was Mars/Olympus."),
        ("profile", {"time_zone": "UTC", "name": "x" * 61}, "Name must have at most 60 characters, had 61."),
        ("profile", {}, "Time zone must be one of the list, was empty."),
        ("display", {"palette": "pink", "density": "dense"}, "Colours must be one of the list, was pink."),
        ("display", {"palette": "clear", "density": ""}, "Density must be one of the list, was empty."),
        ("tokens", {"name": "", "scope": "read"}, "Name must say what the token is for, was empty."),
        ("tokens", {"name": "x", "scope": "all"}, "Scope must be read or trade, was all."),
        ("tokens", {"name": "x", "scope": "read", "days": "9999"}, "End must be one of the list, was 9999."),
        ("tokens", {"name": "a\x00b", "scope": "read"}, "Null characters are not allowed."),
    ],
)
def test_bad_input_is_refused_beside_its_field(owner, trader, name, given, words):
    before = User.objects.filter(pk=trader.pk).values().get()
    answer = owner.post(reverse(f"accounts:{name}"), given)
    assert answer.status_code == 400
    assert answer.content.decode().count(words.replace("'", "&#x27;")) == 2  # in the summary and at the field
    assert User.objects.filter(pk=trader.pk).values().get() == before
    assert not AccessToken.objects.exists()


def test_saving_a_section_touches_nothing_else_of_the_user(owner, trader):
    given = {"name": "Ada", "time_zone": "UTC", "is_staff": "on", "is_superuser": "on", "email": "x@example.org"}
    owner.post(reverse("accounts:profile"), given)
    trader.refresh_from_db()
    assert (trader.name, trader.email) == ("Ada", "trader@example.org")
    assert not trader.is_staff
    assert not trader.is_superuser


# --- password and address ---
def test_a_new_password_signs_out_every_other_browser(owner, trader):
    other = Client()
    sign_in(other)
    new = {"oldpassword": PASSWORD, "password1": "another horse battery", "password2": "another horse battery"}
    assert owner.post(reverse("account_change_password"), new).headers["Location"] == reverse("accounts:security")
    assert is_in(owner)
    assert not is_in(other)
    assert AuditEntry.objects.filter(action="password.change", actor=trader).count() == 1
    assert mail.outbox[-1].to == [trader.email]


def test_a_new_address_counts_when_its_link_was_followed(owner, trader):
    owner.post(reverse("account_email"), {"email": "new@example.org", "action_add": "1"})
    trader.refresh_from_db()
    assert trader.email == "trader@example.org"
    sent = next(each for each in mail.outbox if each.to == ["new@example.org"])
    link = re.search(r"(/account/confirm-email/\S+)", sent.body).group(1)
    owner.post(link)
    trader.refresh_from_db()
    assert trader.email == "new@example.org"
    assert EmailAddress.objects.get(user=trader).email == "new@example.org"
    assert AuditEntry.objects.filter(action="email.change").count() == 1
    assert mail.outbox[-1].to == ["trader@example.org"]  # the old address hears of it


def test_the_address_of_somebody_else_is_not_taken_over(owner, trader):
    other = make_user("other@example.org")
    other.confirm_address()
    owner.post(reverse("account_email"), {"email": "other@example.org", "action_add": "1"})
    assert EmailAddress.objects.get(email="other@example.org", verified=True).user == other
    trader.refresh_from_db()
    assert trader.email == "trader@example.org"


# --- sessions ---
def test_a_session_is_ended_from_another_browser(owner, trader):
    other = Client(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    sign_in(other)
    assert "Firefox on Linux" in owner.get(reverse("accounts:security")).content.decode()
    session = UserSession.objects.get(session_key=other.session.session_key)
    owner.post(reverse("accounts:session_end", args=[session.pk]))
    assert not is_in(other)
    assert is_in(owner)
    assert AuditEntry.objects.filter(action="session.end", actor=trader).count() == 1


def test_all_other_sessions_are_ended_at_once(owner, trader):
    others = [Client(), Client()]
    for other in others:
        sign_in(other)
    owner.post(reverse("accounts:sessions_end"))
    assert is_in(owner)
    assert not any(is_in(other) for other in others)


def test_the_own_session_ends_by_signing_out(owner):
    session = UserSession.objects.get(session_key=owner.session.session_key)
    answer = owner.post(reverse("accounts:session_end", args=[session.pk]))
    assert answer.headers["Location"] == reverse("account_logout")


def test_a_session_says_when_it_was_last_seen(clock, owner):
    is_in(owner)
    before = UserSession.objects.get().last_seen_at
    clock.shift(299)
    is_in(owner)
    assert UserSession.objects.get().last_seen_at == before
    clock.shift(2)
    is_in(owner)
    assert UserSession.objects.get().last_seen_at > before


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/140 Safari/537 Edg/140", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537 Chrome/140 Safari/537", "Chrome on Android"),
        ("", "Unknown browser"),
        ("<script>", "Unknown browser"),
    ],
)
def test_browsers_have_names(agent, name):
    assert browser_name(agent) == name


# --- tokens ---
def test_a_token_is_shown_once_and_works(owner, trader):
    answer = owner.post(reverse("accounts:tokens"), {"name": "script", "scope": "trade", "days": "30"})
    secret = re.search(r"tst_[\w-]+", answer.content.decode()).group()
    assert answer["Cache-Control"] == "no-store"
    assert ask(secret, "post").status_code == 200
    token = AccessToken.objects.get()
    assert (token.user, token.scope, (token.expires - token.created).days) == (trader, "trade", 29)
    again = owner.get(reverse("accounts:tokens")).content.decode()
    assert secret not in again
    assert token.prefix in again
    owner.post(reverse("accounts:token_end", args=[token.pk]))
    assert ask(secret).status_code == 401
    assert "revoked" in owner.get(reverse("accounts:tokens")).content.decode()
