"""What the endpoints of signing in take and give."""

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.app_settings import EmailVerificationMethod
from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core.exceptions import ValidationError as FormError
from django.db import transaction
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.serializers import TokenBlacklistSerializer, TokenRefreshSerializer
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.utils import get_md5_hash_password

from apps.accounts.api.proof import LONGEST_CODE, LONGEST_PASSWORD, PROVED_AT, check_code
from apps.accounts.api.tokens import RefreshToken
from apps.accounts.models import User
from apps.operations import audit

UNCONFIRMED = "The e-mail address must be confirmed first: signing in on the site sends a link."
WRONG = "The e-mail address or the password is wrong."


class PairSerializer(serializers.Serializer[dict[str, str]]):
    """E-mail address and password, and a code from whoever has a second factor, for an access and a refresh token."""

    email = serializers.EmailField(write_only=True, max_length=254)
    password = serializers.CharField(
        write_only=True, max_length=LONGEST_PASSWORD, trim_whitespace=False, style={"input_type": "password"}
    )
    code = serializers.CharField(
        write_only=True, required=False, max_length=LONGEST_CODE,
        help_text="From the authenticator app, or a recovery code. Needed when the account has a second factor.",
    )  # fmt: skip
    access = serializers.CharField(read_only=True, help_text="For 'Authorization: Bearer ...'; short-lived.")
    refresh = serializers.CharField(read_only=True, help_text="Gives a new pair once; keep it secret.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        user = self._user(attrs["email"], attrs["password"])
        if is_mfa_enabled(user):
            check_code(user, attrs.get("code", ""))
        with transaction.atomic():
            refresh = RefreshToken.for_user(user)
            refresh[PROVED_AT] = int(time.time())  # stays the same in every token that descends from it
            audit.record(actor=user, action="sign_in", target=user, detail={"by": "api"})
        return {"access": str(refresh.access_token), "refresh": str(refresh)}

    def _user(self, email: str, password: str) -> User:
        request = self.context["request"]._request
        try:
            user = get_adapter(request).authenticate(request, email=email.lower(), password=password)
        except FormError as error:  # the library's limit of failed attempts, for the pages and here together
            raise Throttled(detail=" ".join(error.messages)) from error
        if user is None or not user.is_active:
            raise AuthenticationFailed(WRONG)
        must = settings.ACCOUNT_EMAIL_VERIFICATION == EmailVerificationMethod.MANDATORY
        if must and not EmailAddress.objects.filter(user=user, verified=True).exists():
            raise AuthenticationFailed(UNCONFIRMED)
        return user


class RefreshSerializer(TokenRefreshSerializer):
    """A refresh token for a new pair; the old one is used up."""

    token_class = RefreshToken
    refresh = serializers.CharField(max_length=2000)

    @transaction.atomic
    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        claims = self.token_class(attrs["refresh"]).payload
        # Of two at the same moment the second waits here, and then finds the token used up.
        OutstandingToken.objects.select_for_update().filter(jti=claims["jti"]).first()
        user = User.objects.filter(pk=claims["user_id"], is_active=True).first()
        if user is None or claims.get("hash_password") != get_md5_hash_password(user.password):
            raise TokenError("Token is no longer valid: sign in again")
        given: dict[str, str] = super().validate(attrs)
        return given


class RevokeSerializer(TokenBlacklistSerializer):
    """A refresh token that nobody shall use again."""

    token_class = RefreshToken
    refresh = serializers.CharField(write_only=True, max_length=2000)
