"""Operators read the audit trail, and who owns the tasks of which only one process may act."""

from django.contrib import admin
from django.utils import timezone

from apps.operations.columns import NOTHING, readable
from apps.operations.filters import NamedValues
from apps.operations.lists import ReadOnlyAdmin
from apps.operations.models import AuditEntry, Ownership


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor_label", "action", "target_label", "reason", "ip")
    list_filter = ("action", ("target_type", NamedValues))
    search_fields = ("actor_label", "target_label", "reason", "=target_id")
    date_hierarchy = "at"
    list_select_related = ()
    fields = (
        "at", "actor", "actor_label", "action", "target_type", "target_id", "target_label", "reason", "ip",
        readable("detail"),
    )  # fmt: skip


@admin.register(Ownership)
class OwnershipAdmin(ReadOnlyAdmin):
    list_display = ("name", "holder", "epoch", "since", "beat", "age")
    fields = ("name", "holder", "epoch", "since", "beat", "age")

    @admin.display(description="silent for")
    def age(self, owner: Ownership) -> str:
        """Wall time since the owner's last sign of life; a living owner beats every second."""
        return f"{(timezone.now() - owner.beat).total_seconds():.1f} s" if owner.beat else NOTHING
