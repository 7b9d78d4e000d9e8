"""What would be a thief's by API asks again who is there: a recent sign-in, a password, or a code."""

from datetime import timedelta

import pytest
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.urls import reverse
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from apps.accounts.api.proof import Proof, prove
from apps.accounts.models import User
from apps.accounts.tokens import token_create
from tradingsite.testing.signing import PASSWORD, code_of, sign_in, with_app

pytestmark = pytest.mark.django_db
PAIR = "/api/v1/auth/token/"


class Deed(APIView):
    """Something that only the person may do."""

    permission_classes = [AllowAny]

    def post(self, request):
        asked = Proof(data=request.data)
        asked.is_valid(raise_exception=True)
        prove(request, asked.validated_data)
        return Response("done")


def do(bearer: str, **body):
    request = APIRequestFactory().post("/", body, format="json", headers={"Authorization": f"Bearer {bearer}"})
    with request_context(request):  # the library's middleware
        return Deed.as_view()(request)


def do_in(client):
    """With the session of a browser."""
    request = APIRequestFactory(enforce_csrf_checks=False).post("/", {}, format="json")
    request.session, request.user = client.session, User.objects.get()
    return Deed.as_view()(request)


def field_at_fault(answer) -> str:
    assert answer.status_code == 400
    (error,) = answer.data["errors"]
    return error["field"]


@pytest.fixture
def script(trader) -> str:
    """Secret of an access token."""
    return token_create(user=trader, name="script", scope="trade")[1]


def pair(client, **code: str) -> dict[str, str]:
    person = {"email": "trader@example.org", "password": PASSWORD, **code}
    return client.post(PAIR, person, content_type="application/json").json()


def test_an_access_token_needs_the_password(script):
    assert field_at_fault(do(script)) == "password"
    assert field_at_fault(do(script, password="a guess")) == "password"
    assert do(script, password=PASSWORD).status_code == 200


def test_with_a_second_factor_it_needs_a_code_and_no_password_will_do(trader, script):
    secret = with_app(trader)
    assert field_at_fault(do(script, password=PASSWORD)) == "code"
    assert field_at_fault(do(script, code="000000")) == "code"
    code = code_of(secret)
    assert do(script, code=code).status_code == 200
    assert field_at_fault(do(script, code=code)) == "code"  # it is used up


def test_who_has_a_passkey_alone_gives_a_recovery_code(trader, script):
    Authenticator.objects.create(user=trader, type="webauthn", data={"name": "Laptop"})
    codes = RecoveryCodes.activate(trader).get_unused_codes()
    assert field_at_fault(do(script, password=PASSWORD)) == "code"
    assert do(script, code=codes[0]).status_code == 200


def test_a_pair_that_was_just_signed_in_for_proves_it(client, trader, clock):
    given = pair(client)
    assert do(given["access"]).status_code == 200
    clock.shift(timedelta(minutes=5))
    assert field_at_fault(do(given["access"])) == "password"


def test_renewing_a_pair_proves_nothing_anew(client, trader, clock):
    given = pair(client)
    clock.shift(timedelta(minutes=4))
    renewed = client.post(f"{PAIR}refresh/", {"refresh": given["refresh"]}, content_type="application/json").json()
    assert do(renewed["access"]).status_code == 200
    clock.shift(timedelta(minutes=1))
    assert field_at_fault(do(renewed["access"])) == "password"


def test_a_session_proves_it_by_the_page_that_asks(client, trader):
    sign_in(client)
    assert field_at_fault(do_in(client)) == "password"
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert do_in(client).status_code == 200


def test_codes_and_passwords_cannot_be_guessed_at_will(script):
    assert [do(script, password=f"guess {number}").status_code for number in range(12)][-1] == 429
