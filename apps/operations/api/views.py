"""What the views of the API have in common."""

from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from apps.operations.api.bodies import check_charset
from apps.operations.api.filters import PAGING, check_names
from apps.operations.pages import conditional


class ApiViewSet(GenericViewSet[Any]):
    """What a user may see is what ``rows`` reads: the rest is not there (404). Answers to reading carry an ETag.

    An extra action that answers with one thing says ``pagination_class=None``.
    """

    model: ClassVar[type[Model]]
    parameters: ClassVar[dict[str, set[str]]] = {}  # of the address, by action, beside filters and pages
    summaries: ClassVar[dict[str, str]] = {}  # of inherited actions
    http_method_names = ["get", "head", "post", "patch", "delete"]
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class: Any = None
    ordering: str | None = None
    required_scope: str | None = None  # of a token; by the method unless an action names one

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        check_charset(request)
        super().initial(request, *args, **kwargs)
        check_names(request, self._known_parameters(request))

    def _known_parameters(self, request: Request) -> set[str]:
        known = self.parameters.get(self.action or "", set())
        if request.method not in ("GET", "HEAD") or self.action == "retrieve" or not self.pagination_class:
            return known
        return known | PAGING | set(self.filterset_class.base_filters if self.filterset_class else ())

    @property
    def user(self) -> Any:
        """Who asks: nobody comes so far without having signed in."""
        return self.request.user

    def rows(self) -> QuerySet[Any]:
        """All that the user may see."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        return self.rows()

    def get_object(self) -> Any:
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])

    def read(self, kind: type[Serializer[Any]]) -> dict[str, Any]:
        """The body as ``kind`` takes it. Raises ValidationError."""
        asked = kind(data=self.request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        return asked.validated_data

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        if request.method in ("GET", "HEAD") and isinstance(final, Response) and final.status_code == 200:
            final.add_post_render_callback(lambda rendered: conditional(request._request, rendered))
        return final


class Missing(APIView):
    """Addresses under /api/ that lead nowhere answer as the API does."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound(f"There is nothing at {request.path}.")
