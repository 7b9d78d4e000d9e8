"""The pages that describe the API, from files of ours alone."""

from functools import cache
from typing import Any

from django.utils.csp import CSP
from django.utils.decorators import method_decorator
from django.views.decorators.csp import csp_override
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

PAGE: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "object-src": [CSP.NONE],
}
# ReDoc writes its styles into the page and searches in a worker made of its own script.
REFERENCE = PAGE | {"style-src": [CSP.SELF, CSP.UNSAFE_INLINE], "worker-src": [CSP.SELF, "blob:"]}


@cache
def described() -> dict[str, Any]:
    """The OpenAPI description: the same as long as the process lives, and a second's work."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    return schema


class DescriptionView(SpectacularAPIView):
    """The OpenAPI description as YAML, or as JSON with ?format=json."""

    def _get_schema_response(self, request: Request) -> Response:
        return Response(described())


@method_decorator(csp_override(PAGE), name="dispatch")
class TryOutView(SpectacularSwaggerSplitView):
    """Swagger UI; its script comes in a request of its own."""

    template_name = "api/docs.html"


@method_decorator(csp_override(REFERENCE), name="dispatch")
class ReferenceView(SpectacularRedocView):
    """ReDoc."""

    template_name = "api/redoc.html"
