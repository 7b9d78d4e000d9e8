"""Signing in for scripts: a pair of tokens, renewed, checked and revoked. Nothing of it is ever kept by a cache."""

from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from rest_framework.throttling import ScopedRateThrottle
from rest_framework_simplejwt.serializers import TokenVerifySerializer
from rest_framework_simplejwt.views import TokenViewBase

from apps.accounts.api.serializers import PairSerializer, RefreshSerializer, RevokeSerializer


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_variables(), name="dispatch")
class SignInView(TokenViewBase):
    """Closed to nobody, so counted by address."""

    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "sign_in"


class TokenView(SignInView):
    serializer_class = PairSerializer


class TokenRefreshView(SignInView):
    serializer_class = RefreshSerializer


class TokenVerifyView(SignInView):
    serializer_class = TokenVerifySerializer


class TokenRevokeView(SignInView):
    serializer_class = RevokeSerializer
