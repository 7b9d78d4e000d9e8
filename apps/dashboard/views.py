"""Landing, terms, and the parts of the shell that refresh by themselves."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.accounts.requests import UserRequest
from apps.dashboard.values import user_figures
from apps.operations.pages import conditional


@login_not_required
@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("dashboard:overview")
    return render(request, "dashboard/landing.html")


@login_not_required
@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/terms.html")


@require_safe
def switch(request: HttpRequest) -> HttpResponse:
    """The kill switch of the top bar."""
    return conditional(request, render(request, "dashboard/_switch.html"))


@require_safe
def stops(request: HttpRequest) -> HttpResponse:
    """What operators or the platform did to the user's trading."""
    return conditional(request, render(request, "dashboard/_stops.html"))


@require_safe
def values(request: UserRequest) -> HttpResponse:
    """The live values at once, for pages without a socket."""
    return conditional(request, JsonResponse({"d": user_figures(request.user).values}))
