"""Signing in for scripts: a pair of tokens for a password, and for a code where there is a second factor."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from apps.accounts.tests.test_access_tokens import Endpoint
from apps.operations.models import AuditEntry
from tradingsite.testing.signing import PASSWORD

pytestmark = pytest.mark.django_db
BASE = "/api/v1/auth/token/"


@pytest.fixture
def script() -> APIClient:
    return APIClient(enforce_csrf_checks=True)


def pair(script, **fields):
    given = {"email": "trader@example.org", "password": PASSWORD, **fields}
    return script.post(BASE, {name: value for name, value in given.items() if value is not None}, format="json")


def opens(access: str) -> bool:
    request = APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {access}")
    return Endpoint.as_view()(request).status_code == 200


def renew(script, refresh: str):
    return script.post(f"{BASE}refresh/", {"refresh": refresh}, format="json")


def test_a_password_gives_a_pair_that_opens_the_api(script, trader):
    answer = pair(script)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert opens(answer.data["access"])
    assert not opens(answer.data["refresh"])
    assert AuditEntry.objects.get(action="sign_in").detail == {"by": "api"}


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(script, trader):
    answers = [pair(script, password="wrong"), pair(script, email="nobody@example.org")]
    trader.is_active = False
    trader.save()
    answers.append(pair(script))
    assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}


def test_an_access_token_ends_by_itself(script, trader, clock):
    access = pair(script).data["access"]
    clock.shift(timedelta(minutes=10, seconds=1))
    assert not opens(access)


def test_a_refresh_token_works_once(script, trader):
    first = pair(script).data
    second = renew(script, first["refresh"])
    assert second.status_code == 200
    assert opens(second.data["access"])
    assert renew(script, first["refresh"]).status_code == 401
    assert renew(script, second.data["refresh"]).status_code == 200


def test_a_revoked_refresh_token_is_refused(script, trader):
    refresh = pair(script).data["refresh"]
    assert script.post(f"{BASE}revoke/", {"refresh": refresh}, format="json").status_code == 200
    assert renew(script, refresh).status_code == 401


def test_a_new_password_ends_both_tokens(script, trader):
    given = pair(script).data
    trader.set_password("another horse battery")
    trader.save()
    assert not opens(given["access"])
    assert renew(script, given["refresh"]).status_code == 401


def test_the_tokens_of_a_deleted_user_are_refused(script, trader):
    given = pair(script).data
    trader.delete()
    assert not opens(given["access"])
    assert renew(script, given["refresh"]).status_code == 401


def test_it_verifies_tokens(script, trader):
    given = pair(script).data
    for token, status in (
        (given["access"], 200),
        (given["access"][:-2], 401),
        ("x.y.z", 401),
        ("\x00", 400),
        ("", 400),
    ):
        assert script.post(f"{BASE}verify/", {"token": token}, format="json").status_code == status


def test_refresh_tokens_cannot_be_read_from_the_database(script, trader):
    renew(script, pair(script).data["refresh"])
    assert OutstandingToken.objects.count() == 2
    assert set(OutstandingToken.objects.values_list("token", flat=True)) == {""}


def test_a_second_factor_must_be_given(script, trader):
    secret = generate_totp_secret()
    TOTP.activate(trader, secret)
    spare = RecoveryCodes.activate(trader).get_unused_codes()
    code = format_hotp_value(hotp_value(secret, int(timezone.now().timestamp()) // 30))
    wrong = "0" * 6 if code != "0" * 6 else "1" * 6

    missing = pair(script)
    assert (missing.status_code, named(missing)) == (400, ["code"])
    assert pair(script, code=wrong).status_code == 400
    assert pair(script, code=code).status_code == 200
    assert pair(script, code=code).status_code == 400  # used up
    assert pair(script, code=spare[0]).status_code == 200
    assert pair(script, code=spare[0]).status_code == 400


def test_codes_cannot_be_guessed_at_will(script, trader):
    TOTP.activate(trader, generate_totp_secret())
    spare = RecoveryCodes.activate(trader).get_unused_codes()
    for guess in range(12):
        pair(script, code=f"{guess:06}")
    assert pair(script, code=spare[0]).status_code == 429
    assert spare[0] in RecoveryCodes.activate(trader).get_unused_codes()


def test_failed_attempts_are_limited_even_with_the_right_password_at_last(script, trader):
    for _ in range(5):
        assert pair(script, password="wrong").status_code == 401
    assert pair(script).status_code == 429


def test_requests_are_limited_by_address(script, trader):
    answers = [renew(script, "x").status_code for _ in range(31)]
    assert set(answers[:30]) == {401}
    assert answers[30] == 429


def test_where_mail_arrives_an_address_must_be_confirmed(script, trader, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    address = EmailAddress.objects.get(user=trader)
    address.verified = False
    address.save()
    assert "must be confirmed" in str(pair(script).data["detail"])
    address.verified = True
    address.save()
    assert pair(script).status_code == 200


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": None}, "email"),
        ({"email": "x"}, "email"),
        ({"email": {"a": 1}}, "email"),
        ({"password": None}, "password"),
        ({"password": ""}, "password"),
        ({"password": ["x"]}, "password"),
        ({"password": "x" * 5000}, "password"),
        ({"email": "a\x00b@example.org"}, "email"),
        ({"password": "a\x00b"}, "password"),
    ],
)
def test_bad_input_is_refused_by_name(script, trader, fields, field):
    answer = pair(script, **fields)
    assert (answer.status_code, named(answer)) == (400, [field])


def named(answer):
    """The fields that a problem names."""
    return list(dict.fromkeys(error["field"] for error in answer.data["errors"]))


def test_it_takes_json_alone_and_only_posts(script, trader):
    assert script.post(BASE, "email=x", content_type="application/x-www-form-urlencoded").status_code == 415
    assert script.post(BASE, "{", content_type="application/json").status_code == 400
    assert script.post(BASE, "[]", content_type="application/json").status_code == 400
    assert script.get(BASE).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_of_two_refreshes_at_the_same_moment_one_is_refused(script, trader):
    refresh = pair(script).data["refresh"]
    start = Barrier(2)

    def renew_at_once(_: int) -> int:
        start.wait()
        try:
            return renew(APIClient(), refresh).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(renew_at_once, range(2))) == [200, 401]
