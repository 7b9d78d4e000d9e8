"""What every list of the operators' site has in common."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import ActionLocation
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from apps.operations import audit
from apps.operations.capped import CappedPaginator
from apps.operations.deeds import operator


class OperatorAdmin(admin.ModelAdmin):
    """Rows that nobody deletes. Actions name the permission they need; changes go to the audit trail, which is also a
    row's history."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    show_facets = admin.ShowFacets.NEVER  # they count the whole table once a choice

    def get_actions(
        self, request: HttpRequest, action_location: ActionLocation = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request, action_location=action_location)
        return {name: action for name, action in actions.items() if request.user.has_perm(action.func.needs)}

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]
        self._log(request, obj, "add", message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]
        self._log(request, obj, "change", message)

    def _log(self, request: HttpRequest, obj: Model, deed: str, message: Any) -> None:
        action = f"{self.opts.model_name}.{deed}"
        audit.record(actor=operator(request), action=action, target=obj, detail={"changes": message})

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        query = urlencode({"target_type": self.opts.label_lower, "target_id": object_id})
        return HttpResponseRedirect(f"{reverse('admin:operations_auditentry_changelist')}?{query}")


class ReadOnlyAdmin(OperatorAdmin):
    """Rows that only the platform writes: nobody adds, changes or deletes one by hand, superusers neither."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):
    """Rows of another model on a row's page, to read."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
