"""Changing the limits of an account: lower at once, higher by somebody who proves to be the owner, and later."""

from datetime import timedelta

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.models import TradingAccount
from apps.accounts.requests import UserRequest, own_account
from apps.operations.formats import span
from apps.operations.pages import page
from apps.risk import registry
from apps.risk.limit_changes import limits_change, raise_cancel
from apps.risk.limit_forms import LimitsForm
from apps.risk.limits import Bar, bars
from apps.risk.models import LimitChange
from apps.risk.selectors import limit_changes, limits


def limit_bars(account: TradingAccount) -> list[Bar]:
    """The account's limits with what is used of them now, and what waits."""
    waiting = LimitChange.objects.filter(account=account, state=LimitChange.State.WAITING)
    now = {change.limit: change for change in waiting}
    return bars(limits([account])[account.pk], registry.usage_of(account), now, account.currency)


def asks_for_more(request: UserRequest) -> bool:
    """Whether the form that is sent raises a limit: only then the owner proves who is there."""
    return request.method == "POST" and _form(request, own_account(request)).raises()


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(enabled=asks_for_more)
def limits_edit(request: UserRequest) -> HttpResponse:
    account = own_account(request)
    form = _form(request, account)
    if request.method == "POST" and form.is_valid():
        _tell(request, limits_change(account=account, by=request.user, values=form.changed()))
        return redirect("risk:halts")
    status = 400 if request.method == "POST" else 200
    context = {"form": form, "account": account, "delay": timedelta(seconds=settings.LIMIT_RAISE_DELAY)}
    return page(request, "risk/limits.html", context, status=status)


@require_POST
def raise_withdraw(request: UserRequest, pk: int) -> HttpResponse:
    """Takes back a raise that waits: the safe direction, so one tap is enough."""
    change = limit_changes(request.user).filter(pk=pk).first()
    if change is None:
        raise Http404(f"no change {pk} of a limit")
    if raise_cancel(change=change, by=request.user):
        messages.success(request, "Taken back. The limit stays as it is.")
    else:
        messages.info(request, "That change is over already.")
    return redirect("risk:halts")


def _form(request: UserRequest, account: TradingAccount) -> LimitsForm:
    return LimitsForm(request.POST if request.method == "POST" else None, limits=limits([account])[account.pk])


def _tell(request: UserRequest, changes: list[LimitChange]) -> None:
    waiting = sum(change.state == LimitChange.State.WAITING for change in changes)
    if len(changes) > waiting:
        messages.success(request, f"{_limits(len(changes) - waiting)} tightened, in force now.")
    if waiting:
        wait = span(settings.LIMIT_RAISE_DELAY)
        messages.info(request, f"{_limits(waiting)} raised: in force in {wait}, unless you take it back.")
    if not changes:
        messages.info(request, "Nothing was changed.")


def _limits(count: int) -> str:
    return f"{count} limit{'' if count == 1 else 's'}"
