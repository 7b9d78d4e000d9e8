"""What a token allows. Sessions and JWTs are the user in person and may do everything the user may."""

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from apps.accounts.models import AccessToken


class HasScope(BasePermission):
    """Reading asks a token for the scope 'read', everything else for 'trade'.

    A view whose unsafe method changes nothing says so with ``required_scope = "read"``; for a viewset's extra action
    the class declares ``required_scope = None`` and the action passes ``@action(required_scope="read")``.
    """

    def has_permission(self, request: Request, view: object) -> bool:
        token = request.auth
        if not isinstance(token, AccessToken):
            return True
        usual = AccessToken.Scope.READ if request.method in SAFE_METHODS else AccessToken.Scope.TRADE
        needed = getattr(view, "required_scope", None) or usual
        self.message = f"The token's scope must be '{needed}', was '{token.scope}'."
        return token.allows(needed)
