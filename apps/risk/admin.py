"""Operators pull and release kill switches, and read everybody's limits."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.accounts.models import TradingAccount, User
from apps.operations.columns import link, page_of
from apps.operations.deeds import Deed, offer, operator
from apps.operations.filters import NamedValues
from apps.operations.lists import ReadOnlyAdmin
from apps.operations.tallies import Tally, tallies
from apps.risk.admin_forms import HaltForm, WideHaltForm
from apps.risk.limits import LIMITS
from apps.risk.models import Halt, LimitChange, RiskPolicy
from apps.risk.services import halt, release

PULL, RELEASE = "risk.add_halt", "risk.change_halt"
WARNING = "What is chosen here happens at once, to every bot concerned, and lasts until the halt is released."


def halt_release(row: Halt, by: User, answers: dict[str, Any]) -> None:
    """Releases a halt, unless its owner pulled it: then the owner alone decides to trade again."""
    owner_id = row.user_id if row.scope == Halt.Scope.USER else row.account and row.account.owner_id
    if owner_id == row.by_id and owner_id is not None and owner_id != by.pk:
        raise ValidationError({"halt": "was pulled by its owner, who alone may release it"})
    release(halt=row, by=by, **answers)


RELEASE_HALT = Deed(
    name="release_halt",
    label="Release halt",
    warning="Bots may trade again, as far as no other halt is in force. Make sure that its cause is gone.",
    needs=RELEASE,
    run=halt_release,
)
HALT_USER = Deed(
    name="halt_user",
    label="Halt user",
    warning=WARNING,
    needs=PULL,
    run=lambda user, by, answers: halt(scope=Halt.Scope.USER, user=user, by=by, **answers),
    form=HaltForm,
)
HALT_ACCOUNT = Deed(
    name="halt_account",
    label="Halt account",
    warning=WARNING,
    needs=PULL,
    run=lambda account, by, answers: halt(scope=Halt.Scope.ACCOUNT, account=account, by=by, **answers),
    form=HaltForm,
)
offer(User, HALT_USER)
offer(TradingAccount, HALT_ACCOUNT)


@admin.register(Halt)
class HaltAdmin(ReadOnlyAdmin):
    """Adding a halt pulls the kill switch; the row itself is never edited."""

    list_display = ("id", "at", "scope", "stopped", "level", "reason", "by", "in_force", "swept", "released_at")
    list_display_links = ("id", "at")
    list_filter = (
        ("released_at", admin.EmptyFieldListFilter), "scope", "level", ("venue", NamedValues), ("breaker", NamedValues),
    )  # fmt: skip
    search_fields = ("reason", "released_reason", "user__email", "account__owner__email", "by__email")
    list_select_related = ("user", "account__owner", "by")
    actions = [RELEASE_HALT]
    fields = (
        "scope", "stopped", "level", "breaker", "reason", "at", link("by"), "in_force", "swept", "released_at",
        link("released_by"), "released_reason",
    )  # fmt: skip

    @admin.display(description="stops")
    def stopped(self, row: Halt) -> str:
        match row.scope:
            case Halt.Scope.VENUE:
                return row.venue
            case Halt.Scope.USER:
                return str(row.user)
            case Halt.Scope.ACCOUNT:
                assert row.account is not None
                return f"{row.account} of {row.account.owner}"
        return "everything"

    @admin.display(description="in force", boolean=True)
    def in_force(self, row: Halt) -> bool:
        return row.released_at is None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PULL)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Pulls a kill switch. With ?scope=site, straight that of everything."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        everything = request.GET.get("scope") == Halt.Scope.SITE
        form = (HaltForm if everything else WideHaltForm)(request.POST or None)
        if request.method == "POST" and form.is_valid():
            scope = Halt.Scope.VENUE if form.cleaned_data.get("venue") else Halt.Scope.SITE
            row = halt(by=operator(request), scope=scope, **form.cleaned_data)
            messages.success(request, f"Halted. {row}")
            return HttpResponseRedirect(page_of(row))
        context = {
            **self.admin_site.each_context(request), "title": "Halt everything" if everything else "Halt",
            "opts": self.opts, "media": self.media + form.media, "warning": WARNING, "form": form,
            "back": reverse("admin:risk_halt_changelist"),
        }  # fmt: skip
        return TemplateResponse(request, "admin/asking.html", context)


@admin.register(RiskPolicy)
class RiskPolicyAdmin(ReadOnlyAdmin):
    NAMES = tuple(limit.name for limit in LIMITS)
    list_display = ("id", link("account"), link("account__owner", "owner"), *NAMES)
    search_fields = ("account__name", "account__owner__email")
    list_select_related = ("account__owner",)
    fields = (link("account"), link("account__owner", "owner"), *NAMES)


@admin.register(LimitChange)
class LimitChangeAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "asked", link("account"), link("account__owner", "owner"), "limit", "old", "new", "due", "state",
    )  # fmt: skip
    list_display_links = ("id", "asked")
    list_filter = ("state", "limit")
    search_fields = ("account__owner__email",)
    list_select_related = ("account__owner",)
    fields = (
        link("account"), link("account__owner", "owner"), "limit", "old", "new", link("by"), "asked", "due", "state",
        "ended",
    )  # fmt: skip


tallies += [
    Tally("Halts in force", Halt.objects.filter(released_at=None).count, "risk_halt", "released_at__isempty=1"),
    Tally("Halts waiting", Halt.objects.filter(swept=False, released_at=None).count, "risk_halt", "swept__exact=0"),
]
