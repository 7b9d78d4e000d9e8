"""Addresses for whoever watches: a supervisor, a load balancer, a monitor, an operator."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.operations.health.checks import Status, examine


@login_not_required
@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """200 while the process serves at all; asks neither database nor Redis."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """503 when pages cannot be served. A silent stream or clock is 'degraded' and answers 200, because pages say so
    themselves and a restart of the web would not help; with ?strict, for monitors, it is 503 too."""
    health = examine()
    well = health.status is Status.OK or (health.status is Status.DEGRADED and "strict" not in request.GET)
    return JsonResponse(health.as_dict(figures=False), status=200 if well else 503)


@never_cache
@require_safe
def detail(request: HttpRequest) -> HttpResponse:
    """Every check with its figures, for operators."""
    if not getattr(request.user, "is_staff", False):
        raise PermissionDenied
    health = examine()
    return JsonResponse(health.as_dict(figures=True), status=503 if health.status is Status.DOWN else 200)
