"""Who a script acts for, and what its credentials allow."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import AccessToken, User
from apps.operations.api.bodies import check_charset
from apps.operations.api.filters import check_names


class MeSerializer(serializers.ModelSerializer[User]):
    """``scope``: what these credentials may do; a session and a JWT may do all that the user may."""

    scope = serializers.SerializerMethodField()
    paused = serializers.DateTimeField(source="paused_at", allow_null=True, help_text="No entries since then.")
    example = {
        "id": 7, "email": "you@example.org", "scope": "trade", "paused": None, "paused_reason": "",
        "date_joined": "2026-01-01T11:00:00Z",
    }  # fmt: skip

    class Meta:
        model = User
        fields = ("id", "email", "scope", "paused", "paused_reason", "date_joined")
        read_only_fields = fields

    def get_scope(self, user: User) -> AccessToken.Scope:
        token = self.context["request"].auth
        return AccessToken.Scope(token.scope) if isinstance(token, AccessToken) else AccessToken.Scope.TRADE


class MeView(APIView):
    serializer_class = MeSerializer

    def get(self, request: Request) -> Response:
        """Get yourself"""
        user: Any = request.user
        return Response(MeSerializer(user, context={"request": request}).data)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        check_charset(request)
        super().initial(request, *args, **kwargs)
        check_names(request, set())
