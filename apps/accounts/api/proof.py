"""Proving again who one is, before something that a thief would do: by a recent sign-in, or in the body."""

import time
from typing import Any

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.core import ratelimit
from allauth.mfa.base.forms import BaseAuthenticateForm
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework_simplejwt.tokens import Token

from apps.accounts.models import User
from apps.operations.api.fields import Input

LONGEST_PASSWORD = 4096
LONGEST_CODE = 20
PROVED_AT = "auth_time"  # claim of a token, as OpenID Connect names it: when the person signed in, seconds


class Proof(Input):
    """``code`` for whoever has a second factor, ``password`` for everybody else, neither after a recent sign-in."""

    password = serializers.CharField(
        max_length=LONGEST_PASSWORD, trim_whitespace=False, write_only=True, required=False,
        help_text="Of an account without a second factor. Not needed within five minutes of signing in.",
    )  # fmt: skip
    code = serializers.CharField(
        max_length=LONGEST_CODE, write_only=True, required=False,
        help_text="From the authenticator app, or a recovery code, of an account with a second factor.",
    )  # fmt: skip


def prove(request: Request, asked: dict[str, Any]) -> None:
    """Raises ValidationError or Throttled unless the request comes from the person: ``asked`` is a read Proof."""
    if proved_recently(request):
        return
    user: Any = request.user
    if not ratelimit.consume(request._request, action="reauthenticate", user=user):
        raise Throttled(detail="Too many passwords or codes were tried; wait a while.")
    if is_mfa_enabled(user):
        check_code(user, asked.get("code", ""))
    elif "password" not in asked:
        raise serializers.ValidationError({"password": "must be given again"})
    elif not user.check_password(asked["password"]):
        raise serializers.ValidationError({"password": "must be the one you sign in with"})


def proved_recently(request: Request) -> bool:
    """Whether a page confirmed it in this session, or the JWT descends from a sign-in, in the last minutes.

    An access token proves nothing: it lies where its script lies.
    """
    if isinstance(request.successful_authenticator, SessionAuthentication):
        return bool(did_recently_reauthenticate(request._request))
    if isinstance(request.auth, Token):
        age = time.time() - float(request.auth.get(PROVED_AT, 0))
        return age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return False


def check_code(user: User, code: str) -> None:
    """Raises ValidationError unless it is a code of the user's second factor; one that passed is used up."""
    if not code:
        raise serializers.ValidationError({"code": "must be given: the account has a second factor"})
    form = BaseAuthenticateForm(user=user, data={"code": code})
    if not form.is_valid():
        raise serializers.ValidationError({"code": form.errors["code"]})
    form.authenticator.record_usage()
