"""The page of risk and the kill switch: state, limits and their use, history; pulling it and releasing it."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.models import TradingAccount
from apps.accounts.requests import UserRequest, own_account
from apps.accounts.selectors import trading_accounts
from apps.operations.pages import page
from apps.risk import registry
from apps.risk.forms import HaltForm, ReleaseForm
from apps.risk.limit_views import limit_bars
from apps.risk.models import Halt
from apps.risk.registry import Progress
from apps.risk.selectors import halts_in_force, halts_of, limit_changes, may_release
from apps.risk.services import halt as halt_pull
from apps.risk.services import release as halt_release
from engine.kinds import HaltLevel

SHOWN = 50
FRAGMENTS = {name: f"risk/_{name}.html" for name in ("state", "limits", "changes", "history")}


@require_safe
def halts(request: UserRequest) -> HttpResponse:
    account = trading_accounts(request.user).first()
    in_force = list(halts_in_force(account)) if account else []
    context = {
        "account": account,
        "in_force": [(halt, may_release(request.user, halt), _progress(halt, account)) for halt in in_force],
        "history": halts_of(request.user)[:SHOWN],
        "bars": limit_bars(account) if account else [],
        "changes": limit_changes(request.user)[:SHOWN],
        "form": HaltForm(),
    }
    return page(request, "risk/halts.html", context, fragments=FRAGMENTS)


def _progress(halt: Halt, account: TradingAccount | None) -> Progress | None:
    """None for a halt that cancels nothing."""
    if account is None or halt.level == HaltLevel.ENTRIES:
        return None
    return registry.progress_of(halt, [account.pk])


@require_http_methods(["GET", "HEAD", "POST"])
def halt(request: UserRequest) -> HttpResponse:
    """One tap, one confirmation, no typing."""
    account = own_account(request)
    form = HaltForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        halt_pull(
            scope=Halt.Scope.ACCOUNT, level=form.cleaned_data["level"], by=request.user, account=account,
            reason=form.cleaned_data["reason"] or "kill switch",
        )  # fmt: skip
        messages.error(request, "Halted.")
        return redirect("risk:halts")
    status = 400 if request.method == "POST" else 200
    context = {"form": form, "account": account, "levels": Halt.LEVELS, "chosen": form["level"].value()}
    return page(request, "risk/halt.html", context, fragments={"dialog": "risk/_halt.html"}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def release(request: UserRequest, pk: int) -> HttpResponse:
    """Says what was halted and why, asks why it is safe to go on and then who is there."""
    account = own_account(request)
    row = halts_in_force(account).filter(pk=pk).first()
    if row is None:
        raise Http404(f"no halt {pk} in force")
    if not may_release(request.user, row):
        raise PermissionDenied("this halt is an operator's to release")
    form = ReleaseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _released(request, row, form):
        messages.success(request, "Released. Bots that run decide again from the next bar on.")
        return redirect("risk:halts")
    status = 400 if request.method == "POST" else 200
    return page(request, "risk/release.html", {"form": form, "halt": row}, status=status)


@reauthentication_required
def _released(request: UserRequest, row: Halt, form: ReleaseForm) -> bool:
    try:
        halt_release(halt=row, by=request.user, reason=form.cleaned_data["reason"])
    except ValidationError as error:
        form.add_error(None, error.messages)
    return form.is_valid()
