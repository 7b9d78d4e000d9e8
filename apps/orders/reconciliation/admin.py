"""The queue of differences for operators, and what recoveries have found."""

from typing import Any

from django import forms
from django.contrib import admin

from apps.operations.columns import link, readable
from apps.operations.deeds import Deed, ReasonForm
from apps.operations.lists import ReadOnlyAdmin
from apps.operations.tallies import Tally, tallies
from apps.orders.reconciliation import decisions
from apps.orders.reconciliation.models import Difference, Reconciled, RecoveryReport

ACCOUNT, OWNER = link("account"), link("account__owner", "owner")
DECIDE = "orders.decide_difference"
OPEN = Difference.objects.filter(resolved=None, confirmed__isnull=False).exclude(kind=Difference.Kind.DUST)


class HolderForm(ReasonForm):
    holder = forms.ChoiceField(label="As", choices=list(decisions.HOLDERS.items()), required=False)


def _deed(name: str, label: str, warning: str, run: Any, form: type[forms.Form] = ReasonForm) -> Deed:
    return Deed(
        name=name, label=label, warning=warning, needs=DECIDE, form=form,
        run=lambda row, by, answers: run(difference=row, by=by, **answers),
    )  # fmt: skip


DEEDS = [
    _deed(
        "accept_trade", "Accept foreign trade",
        "The trade is posted to the ledger as it happened at the exchange, of the holder that you choose.",
        decisions.foreign_accept, HolderForm,
    ),
    _deed(
        "accept_balance", "Accept as deposit or withdrawal",
        "What the balance differs by is posted to the ledger as money that came from outside, or went there.",
        decisions.balance_accept,
    ),
    _deed(
        "never_placed", "Count order as never placed",
        "The exchange does not know the order. It ends as rejected, what it held is free. Look there first.",
        decisions.never_placed,
    ),
    _deed(
        "ignore", "Ignore",
        "Nothing is posted. It alarms nobody while it stays as it is, and entries are allowed again.", decisions.ignore,
    ),
    _deed("note", "Add a note", "The note replaces the one before, which stays in the audit trail.", decisions.note),
]  # fmt: skip


@admin.register(Difference)
class DifferenceAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "since", "kind", "subject", "ours", "theirs", "confirmed", "how", "resolved", "note", ACCOUNT, OWNER,
    )  # fmt: skip
    list_display_links = ("id", "since")
    list_filter = (
        ("resolved", admin.EmptyFieldListFilter), ("confirmed", admin.EmptyFieldListFilter), "kind", "how",
    )  # fmt: skip
    search_fields = ("subject", "ours", "theirs", "note", "account__owner__email")
    list_select_related = ("account__owner",)
    actions = DEEDS
    fields = (
        "kind", "subject", link("order"), "ours", "theirs", readable("detail"), "since", "seen", "confirmed",
        "resolved", "how", link("by"), "note", ACCOUNT, OWNER,
    )  # fmt: skip


@admin.register(Reconciled)
class ReconciledAdmin(ReadOnlyAdmin):
    list_display = ("id", ACCOUNT, OWNER, "at", "due", "waits", "epoch", "message")
    list_filter = ("waits",)
    search_fields = ("account__owner__email", "message")
    list_select_related = ("account__owner",)
    fields = (ACCOUNT, OWNER, "at", "due", "why", "waits", "busy_until", "epoch", "fills", "message")


@admin.register(RecoveryReport)
class RecoveryReportAdmin(ReadOnlyAdmin):
    list_display = ("id", "at", "why", "sound", "seconds", "away", "epoch", ACCOUNT, OWNER)
    list_display_links = ("id", "at")
    list_filter = ("why", "sound")
    search_fields = ("account__owner__email",)
    list_select_related = ("account__owner",)
    fields = ("at", "why", "sound", "seconds", "away", "epoch", readable("found"), readable("done"), ACCOUNT, OWNER)


tallies.append(
    Tally(
        "Differences to decide on", OPEN.exclude(how=Difference.How.IGNORED).count, "orders_difference",
        "resolved__isempty=1&confirmed__isempty=0",
    )
)  # fmt: skip
