"""Signing in for scripts: a pair of tokens, renewed, checked and revoked. Nothing of it is ever kept by a cache."""

from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.throttling import ScopedRateThrottle
from rest_framework_simplejwt.serializers import TokenVerifySerializer
from rest_framework_simplejwt.views import TokenViewBase

from apps.accounts.api.serializers import PairSerializer, RefreshSerializer, RevokeSerializer

ACCESS, REFRESH = "eyJhbGciOiJIUzI1NiJ9.access", "eyJhbGciOiJIUzI1NiJ9.refresh"
PAIR = OpenApiExample("Pair", value={"access": ACCESS, "refresh": REFRESH}, response_only=True)
SENT = OpenApiExample("Refresh token", value={"refresh": REFRESH}, request_only=True)


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_variables(), name="dispatch")
class SignInView(TokenViewBase):
    """Closed to nobody, so counted by address."""

    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "sign_in"
    problems = (401,)


@extend_schema(
    summary="Sign in",
    description="An e-mail address and a password (and a code, where there is a second factor) for a pair of tokens.",
    examples=[
        PAIR,
        OpenApiExample("Person", value={"email": "you@example.org", "password": "long and secret"}, request_only=True),
    ],
)
class TokenView(SignInView):
    serializer_class = PairSerializer


@extend_schema(
    summary="Renew a pair of tokens", description="The refresh token is used up by it.", examples=[PAIR, SENT]
)
class TokenRefreshView(SignInView):
    serializer_class = RefreshSerializer


@extend_schema(
    summary="Check a token",
    examples=[
        OpenApiExample("Access token", value={"token": ACCESS}, request_only=True),
        OpenApiExample("Good", value={}, response_only=True),
    ],
)
class TokenVerifyView(SignInView):
    serializer_class = TokenVerifySerializer


@extend_schema(
    summary="Sign out: revoke a refresh token", examples=[SENT, OpenApiExample("Done", value={}, response_only=True)]
)
class TokenRevokeView(SignInView):
    serializer_class = RevokeSerializer
