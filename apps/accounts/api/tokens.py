"""The refresh token as we keep it."""

from typing import Any

from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken


class RefreshToken(tokens.RefreshToken):
    """The library keeps every refresh token as it was given out; whoever read that table could sign in. We keep its id
    alone, which is all that revoking needs."""

    @classmethod
    def for_user(cls, user: Any) -> Any:
        token = super().for_user(user)
        cls._forget(token)
        return token

    def outstand(self) -> Any:
        row = super().outstand()
        self._forget(self)
        return row

    @staticmethod
    def _forget(token: tokens.RefreshToken) -> None:
        OutstandingToken.objects.filter(jti=token["jti"]).update(token="")
