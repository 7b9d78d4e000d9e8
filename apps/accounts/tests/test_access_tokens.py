"""Personal access tokens: what they open, what they do not, and that nobody can read them again."""

import logging
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from apps.accounts.models import AccessToken
from apps.accounts.tokens import MOST, token_create, token_find, token_revoke
from apps.operations.models import AuditEntry
from tradingsite.testing.people import make_user

pytestmark = pytest.mark.django_db


class Endpoint(APIView):
    """An endpoint with nothing but the defaults."""

    def get(self, request: Request) -> Response:
        return Response({"user": request.user.pk})

    post = get


class Preview(Endpoint):
    required_scope = "read"


def ask(secret: str, method: str = "get", view: type[APIView] = Endpoint) -> Response:
    request = getattr(APIRequestFactory(), method)("/", HTTP_AUTHORIZATION=f"Bearer {secret}")
    return view.as_view()(request)


def test_it_opens_the_api_as_its_user(trader):
    _, secret = token_create(user=trader, name="script", scope="read")
    answer = ask(secret)
    assert (answer.status_code, answer.data) == (200, {"user": trader.pk})


def test_the_secret_is_kept_nowhere(trader, caplog):
    with caplog.at_level(logging.DEBUG):
        token, secret = token_create(user=trader, name="script", scope="trade")
        ask(secret)
    row = AccessToken.objects.filter(pk=token.pk).values().get()
    entries = [str(entry) for entry in AuditEntry.objects.values()]
    everything = [str(row), repr(token), str(token), caplog.text, *entries]
    rest = secret.removeprefix(token.prefix)
    assert len(rest) > 30
    assert not any(rest in text for text in everything)


@pytest.mark.parametrize(
    ("scope", "method", "view", "status"),
    [
        ("read", "get", Endpoint, 200),
        ("read", "post", Endpoint, 403),
        ("read", "post", Preview, 200),
        ("trade", "get", Endpoint, 200),
        ("trade", "post", Endpoint, 200),
    ],
)
def test_it_does_what_its_scope_allows(trader, scope, method, view, status):
    _, secret = token_create(user=trader, name="script", scope=scope)
    assert ask(secret, method, view).status_code == status


def test_a_missing_scope_is_named(trader):
    _, secret = token_create(user=trader, name="script", scope="read")
    assert "must be 'trade', was 'read'" in ask(secret, "post").data["detail"]


def test_an_expired_token_is_refused_with_its_end(trader, clock):
    _, secret = token_create(user=trader, name="script", scope="read", expires=timezone.now() + timedelta(days=1))
    assert ask(secret).status_code == 200
    clock.shift(timedelta(days=1, seconds=1))
    answer = ask(secret)
    assert answer.status_code == 401
    assert "expired at" in answer.data["detail"]


def test_a_revoked_token_is_refused(trader):
    token, secret = token_create(user=trader, name="script", scope="read")
    assert token_revoke(token=token, by=trader)
    assert ask(secret).status_code == 401
    assert not token_revoke(token=token, by=trader)
    assert AuditEntry.objects.filter(action="token.revoke").count() == 1


def test_a_token_of_somebody_locked_out_is_refused(trader):
    _, secret = token_create(user=trader, name="script", scope="read")
    trader.is_active = False
    trader.save()
    assert ask(secret).status_code == 401


@pytest.mark.parametrize("secret", ["tst_", "tst_" + "x" * 43, "tst_ü", "tst_" + "x" * 5000, "", "nonsense", "tst_a b"])
def test_what_is_no_token_opens_nothing(db, secret):
    assert ask(secret).status_code == 401


def test_it_notes_when_it_was_used_at_most_once_a_minute(trader, clock):
    token, secret = token_create(user=trader, name="script", scope="read")
    ask(secret)
    token.refresh_from_db()
    first = token.last_used
    assert first is not None
    clock.shift(30)
    ask(secret)
    token.refresh_from_db()
    assert token.last_used == first
    clock.shift(31)
    ask(secret)
    token.refresh_from_db()
    assert token.last_used > first


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"scope": "admin"}, "scope"),
        ({"expires": timezone.now() - timedelta(seconds=1)}, "expires"),
    ],
)
def test_a_bad_token_is_refused_by_name(trader, changes, field):
    with pytest.raises(ValidationError) as caught:
        token_create(**{"user": trader, "name": "script", "scope": "read", **changes})
    assert field in caught.value.message_dict
    assert not AccessToken.objects.exists()


def test_nobody_hoards_tokens(trader):
    made = [token_create(user=trader, name=f"script {n}", scope="read")[0] for n in range(MOST)]
    with pytest.raises(ValidationError, match="at most 20"):
        token_create(user=trader, name="one more", scope="read")
    token_revoke(token=made[0], by=trader)
    token_create(user=trader, name="one more", scope="read")
    token_create(user=make_user(), name="somebody else's", scope="read")


def test_it_is_found_by_the_whole_secret_alone(trader):
    token, secret = token_create(user=trader, name="script", scope="read")
    assert token_find(secret) == token
    assert token_find(secret[:-1]) is None
    assert token_find(token.digest) is None
