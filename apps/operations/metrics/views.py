"""Where Prometheus scrapes."""

import secrets

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from apps.operations.metrics import requests
from apps.operations.metrics.exposition import Platform

PLATFORM = CollectorRegistry()
PLATFORM.register(Platform())


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text for whoever brings METRICS_TOKEN as bearer token, and for operators who are signed in. To
    everybody else the address does not exist."""
    if not (_has_token(request) or getattr(request.user, "is_staff", False)):
        raise Http404
    text = generate_latest(PLATFORM) + generate_latest(requests.registry)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    known: str = settings.METRICS_TOKEN
    return bool(known) and scheme.lower() == "bearer" and secrets.compare_digest(token.encode(), known.encode())
