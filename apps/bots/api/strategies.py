"""The strategies a bot can follow, with their parameters."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from apps.bots.models import Bot
from apps.bots.serializers.strategies import StrategySerializer
from apps.operations.api.views import ApiViewSet
from engine.strategies.registry import REGISTRY


class StrategyViewSet(ApiViewSet):
    """Strategies belong to nobody: everybody sees them."""

    model, serializer_class, pagination_class = Bot, StrategySerializer, None
    lookup_url_kwarg = "name"
    lookup_value_regex = "[a-z0-9_]{1,40}"

    def list(self, request: Request) -> Response:
        """List strategies"""
        return Response(StrategySerializer(REGISTRY.values(), many=True).data)

    @extend_schema(parameters=[OpenApiParameter("name", str, OpenApiParameter.PATH)])
    def retrieve(self, request: Request, name: str) -> Response:
        """Get a strategy with its parameters"""
        if name not in REGISTRY:
            raise NotFound(f"There is no strategy {name}; there are {', '.join(REGISTRY)}.")
        return Response(StrategySerializer(REGISTRY[name]).data)
