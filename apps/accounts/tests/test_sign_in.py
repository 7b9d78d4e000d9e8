"""Signing in on the pages: the same answer for whoever does not get in, limits, second factors, the audit trail."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core import mail
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.operations.models import AuditEntry
from tradingsite.testing.signing import code_of, sign_in, signed_in, with_app

pytestmark = pytest.mark.django_db


def is_in(client: Client) -> bool:
    return client.get(reverse("dashboard:overview")).status_code == 200


def page_of(answer) -> str:
    """The answer without what differs every time."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())


def test_a_password_opens_the_pages_and_is_in_the_trail(client, trader):
    assert sign_in(client).status_code == 302
    assert is_in(client)
    entry = AuditEntry.objects.get(action="sign_in")
    assert (entry.actor, entry.ip) == (trader, "127.0.0.1")
    client.post(reverse("account_logout"))
    assert AuditEntry.objects.filter(action="sign_out", actor=trader).count() == 1
    assert not is_in(client)


def test_an_unknown_address_gets_the_answer_of_a_wrong_password(client, trader):
    wrong = sign_in(client, "trader@example.org", "wrong password")
    unknown = sign_in(client, "nobody@example.org", "wrong password")
    assert wrong.status_code == unknown.status_code == 200
    assert page_of(wrong).replace("trader@", "x@") == page_of(unknown).replace("nobody@", "x@")


def test_an_unknown_address_takes_as_long_as_a_wrong_password(client, trader, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    trader.set_password("correct horse battery")
    trader.save()
    assert trader.password.startswith(Argon2PasswordHasher.algorithm)
    taken = {}
    for address in ("warm@example.org", "trader@example.org", "nobody@example.org"):
        start = time.process_time()
        sign_in(client, address, "wrong password")
        taken[address] = time.process_time() - start
    # Without the library's care the unknown address would answer in a tenth of the time.
    assert taken["nobody@example.org"] > taken["trader@example.org"] / 2


def test_failures_are_in_the_trail_without_what_was_typed(client, trader):
    sign_in(client, "trader@example.org", "hunter2 hunter2")
    sign_in(client, "my-secret-password@typed.here", "hunter2 hunter2")
    known, unknown = AuditEntry.objects.filter(action="sign_in.failed").order_by("pk")
    assert (known.target_id, known.detail, known.ip) == (str(trader.pk), {"known": True}, "127.0.0.1")
    assert (unknown.target_id, unknown.detail) == ("", {"known": False})
    everything = " ".join(str(entry) for entry in AuditEntry.objects.values())
    assert "hunter2" not in everything
    assert "typed.here" not in everything


def test_after_five_failures_the_right_password_waits_too(client, trader, clock):
    for _ in range(5):
        sign_in(client, password="wrong password")
    answer = sign_in(client)
    assert "Too many failed login attempts" in answer.content.decode()
    assert not is_in(client)


def test_an_address_nobody_has_is_limited_the_same(client, trader):
    for _ in range(5):
        sign_in(client, "nobody@example.org")
    assert "Too many failed login attempts" in sign_in(client, "nobody@example.org").content.decode()


def test_a_password_reset_answers_the_same_for_both(client, trader):
    answers = [
        client.post(reverse("account_reset_password"), {"email": email}, follow=True)
        for email in (trader.email, "nobody@example.org")
    ]
    assert page_of(answers[0]) == page_of(answers[1])
    assert len(mail.outbox) == 2  # the stranger's mail says that there is no account


def test_where_mail_arrives_sign_up_answers_the_same_for_a_taken_address(client, trader, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    known = {"password1": "correct horse battery", "accept": "on"}
    addresses = (trader.email, "newcomer@example.org")
    pages = [
        page_of(Client().post(reverse("account_signup"), {"email": email, **known}, follow=True)).replace(email, "x")
        for email in addresses
    ]
    assert pages[0] == pages[1]
    assert [each.to for each in mail.outbox] == [[trader.email], ["newcomer@example.org"]]
    assert User.objects.count() == 2


def test_where_mail_arrives_nobody_signs_in_before_the_link(client, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    given = {"email": "patient@example.org", "password1": "correct horse battery", "accept": "on"}
    client.post(reverse("account_signup"), given)
    assert not is_in(client)
    link = re.search(r"https?://\S+(/account/confirm-email/\S+)", mail.outbox[0].body).group(1)
    assert client.get(link).status_code == 200
    client.post(link)
    sign_in(client, "patient@example.org")
    assert is_in(client)
    assert AuditEntry.objects.filter(action="email.confirm").count() == 1


def test_a_local_newcomer_is_in_at_once_and_reminded(client, db):
    given = {"email": "newcomer@example.org", "password1": "correct horse battery", "accept": "on"}
    answer = client.post(reverse("account_signup"), given)
    assert answer.headers["Location"] == "/bots/new/?first"
    assert "Confirm your e-mail address" in client.get(reverse("dashboard:overview")).content.decode()
    User.objects.get().confirm_address()
    assert "Confirm your e-mail address" not in client.get(reverse("dashboard:overview")).content.decode()


def test_people_made_by_commands_need_no_link(client, settings, db):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    User.objects.create_superuser("operator@example.org", "correct horse battery")
    sign_in(client, "operator@example.org")
    assert is_in(client)


def test_a_code_is_asked_for_after_the_password(client, trader):
    secret = with_app(trader)
    assert sign_in(client).headers["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)
    wrong = "000000" if code_of(secret) != "000000" else "111111"
    client.post(reverse("mfa_authenticate"), {"code": wrong})
    assert not is_in(client)
    assert AuditEntry.objects.filter(action="mfa.failed", target_id=str(trader.pk)).count() == 1
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert is_in(client)


def test_a_code_works_once(trader):
    code = code_of(with_app(trader))
    for expected in (True, False):
        client = Client()
        sign_in(client)
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert is_in(client) is expected


def test_a_recovery_code_works_once(trader):
    with_app(trader)
    code = RecoveryCodes.activate(trader).get_unused_codes()[0]
    for expected in (True, False):
        client = Client()
        sign_in(client)
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert is_in(client) is expected


def test_codes_are_limited(client, trader):
    secret = with_app(trader)
    sign_in(client)
    for guess in range(5):
        client.post(reverse("mfa_authenticate"), {"code": f"{guess:06}"})
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert not is_in(client)


@pytest.mark.django_db(transaction=True)
def test_an_app_is_set_up_and_switched_off(trader):
    client = signed_in(trader)
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert answer.headers["Location"] == reverse("mfa_view_recovery_codes")
    shown = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    assert len(shown) == 10
    assert set(client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]) == {"****"}
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.exists()
    told = AuditEntry.objects.filter(action__startswith="mfa.").values_list("action", "detail__type").order_by("pk")
    assert list(told) == [
        ("mfa.add", "totp"), ("mfa.add", "recovery_codes"), ("mfa.remove", "totp"), ("mfa.remove", "recovery_codes"),
    ]  # fmt: skip


def test_keys_of_second_factors_are_encrypted_at_rest(trader):
    secret = with_app(trader)
    codes = RecoveryCodes.activate(trader)
    kept = " ".join(str(each.data) for each in Authenticator.objects.all())
    assert secret not in kept
    assert kept.count("gAAAA") == 2
    assert len(codes.get_unused_codes()) == 10


@pytest.mark.parametrize(
    "credential", ["", "x", "1", "null", "[]", '"x"', "{}", '{"response": 1}', '{"id": "a", "rawId": []}']
)
def test_nonsense_instead_of_a_passkey_opens_nothing(client, trader, credential):
    answer = client.post(reverse("mfa_login_webauthn"), {"credential": credential})
    assert answer.status_code in (302, 400)
    assert not is_in(client)
