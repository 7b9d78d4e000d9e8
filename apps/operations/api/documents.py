"""The pages that describe the API, from files of ours alone."""

from functools import cache
from typing import Any

from django.conf import settings
from django.utils.csp import CSP
from django.utils.decorators import method_decorator
from django.views.decorators.csp import csp_override
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

# As every page, and less: they send no form, and have neither a manifest nor a worker.
PAGE: dict[str, Any] = settings.SECURE_CSP | {
    name: [CSP.NONE] for name in ("form-action", "manifest-src", "worker-src")
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
