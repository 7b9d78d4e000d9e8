"""The operators' site: Django's admin behind the one sign-in, opening on what happens now."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme

from apps.operations.models import AuditEntry, Ownership
from apps.operations.tallies import tallies_for

# The order in which an operator needs them; what is not named comes last.
APPS = ["risk", "bots", "orders", "ledger", "accounts", "markets", "portfolio", "operations"]
NEWEST = 10  # audit entries beside the tallies


class OperatorSite(admin.AdminSite):
    site_header = site_title = "Operations"
    index_title = "What happens now"
    empty_value_display = "–"

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Everybody signs in at the same place, which limits guessing; who is no operator is refused here."""
        wanted = request.GET.get("next", "")
        home = reverse("admin:index", current_app=self.name)
        if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
            wanted = home
        if not request.user.is_authenticated:
            return redirect_to_login(wanted)
        if not self.has_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(wanted)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "site_url": resolve_url(settings.LOGIN_REDIRECT_URL)}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        return sorted(apps, key=lambda app: APPS.index(app["app_label"]) if app["app_label"] in APPS else len(APPS))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        owners = Ownership.objects.order_by("name") if request.user.has_perm("operations.view_ownership") else []
        newest = AuditEntry.objects.all()[:NEWEST] if request.user.has_perm("operations.view_auditentry") else []
        now = {"tallies": tallies_for(request), "owners": owners, "newest": newest}
        return super().index(request, {**now, **(extra_context or {})})
