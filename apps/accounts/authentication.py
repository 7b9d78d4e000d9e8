"""How a script proves who it acts for: 'Authorization: Bearer' with a personal access token."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts.models import AccessToken, User
from apps.accounts.tokens import MARK, token_find, token_used

LONGEST = 200  # bytes of a header that can be one of ours


class TokenAuthentication(BaseAuthentication):
    """Sets ``request.auth`` to the AccessToken. A Bearer value that is not ours is left to the next class (JWT)."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        header = get_authorization_header(request)
        scheme, _, value = header.partition(b" ")
        secret = value.strip().decode("latin-1")
        if scheme.lower() != b"bearer" or len(header) > LONGEST or not secret.startswith(MARK):
            return None
        token = token_find(secret)
        if token is None or not token.user.is_active:
            raise AuthenticationFailed("The access token is not known.")
        if token.revoked:
            raise AuthenticationFailed(f"The access token {token.prefix}… was revoked.")
        if token.is_expired:
            raise AuthenticationFailed(
                f"The access token {token.prefix}… expired at {token.expires:%Y-%m-%d %H:%M} UTC."
            )
        token_used(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'
