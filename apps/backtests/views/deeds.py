"""Calling a backtest off, throwing it away, and making a paper bot of it. A dialog where scripts run, else a page."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.models import TradingAccount
from apps.accounts.requests import UserRequest
from apps.accounts.selectors import trading_accounts
from apps.backtests.figures import few
from apps.backtests.models import Backtest
from apps.backtests.selectors import backtest_get
from apps.backtests.services import backtest_cancel, backtest_delete, backtest_start_bot, product_for
from apps.operations.formats import percent
from apps.operations.once import claim, new_key
from apps.operations.pages import page


@require_POST
def cancel(request: UserRequest, pk: UUID) -> HttpResponse:
    backtest = backtest_get(request.user, pk)
    try:
        backtest_cancel(backtest=backtest, user=request.user)
    except ValidationError:
        messages.info(request, f"{backtest.name} was over already.")
    else:
        messages.success(request, f"{backtest.name} is cancelled.")
    return redirect("backtests:detail", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: UserRequest, pk: UUID) -> HttpResponse:
    backtest = backtest_get(request.user, pk)
    if request.method == "POST":
        name = backtest.name
        backtest_delete(backtest=backtest, user=request.user)
        messages.success(request, f"{name} is deleted.")
        return redirect("backtests:list")
    context = {"backtest": backtest, "part": "backtests/_delete.html"}
    return page(request, "backtests/dialog.html", context, fragments={"dialog": "backtests/_delete.html"})


class StartForm(forms.Form):
    """Where the bot trades and how it is called."""

    account = forms.ModelChoiceField(
        TradingAccount.objects.none(), label="Account", empty_label=None,
        error_messages={"invalid_choice": "Account must be one of yours.", "required": "Account must be chosen."},
    )  # fmt: skip
    name = forms.CharField(
        max_length=60, label="Name of the bot",
        error_messages={"required": "Name must have 1 to 60 characters, was empty."},
    )  # fmt: skip

    def __init__(self, *args: Any, accounts: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["account"].queryset = accounts  # type: ignore[attr-defined]

    def refuse(self, error: ValidationError) -> None:
        for name, found in error.message_dict.items():
            field = name if name in self.fields else None
            label = self.fields[name].label if field else name.capitalize()
            self.add_error(field, [f"{label} {message}" for message in found])


@require_http_methods(["GET", "HEAD", "POST"])
def bot(request: UserRequest, pk: UUID) -> HttpResponse:
    """Says what follows, asks once, and makes the bot."""
    backtest = backtest_get(request.user, pk)
    accounts = trading_accounts(request.user)
    account = next((one for one in accounts if product_for(backtest, one)), None)
    initial = {"account": account, "name": _free_name(account, backtest.name) if account else ""}
    form = StartForm(request.POST if request.method == "POST" else None, accounts=accounts, initial=initial)
    if form.is_bound and form.is_valid():
        answer = _start(request, backtest, form)
        if answer:
            return answer
    context = {
        "backtest": backtest, "form": form, "account": account, "key": new_key(), "part": "backtests/_bot.html",
        "thoughts": _thoughts(backtest, account),
    }  # fmt: skip
    status = 400 if form.is_bound else 200
    return page(request, "backtests/dialog.html", context, fragments={"dialog": "backtests/_bot.html"}, status=status)


def _start(request: UserRequest, backtest: Backtest, form: StartForm) -> HttpResponse | None:
    """Where to go next; None when the form has to be shown again."""
    if not claim(request):
        return redirect("bots:list")
    try:
        made = backtest_start_bot(
            backtest=backtest, user=request.user, account=form.cleaned_data["account"], name=form.cleaned_data["name"],
            start=request.POST.get("deed") == "start",
        )  # fmt: skip
    except ValidationError as error:
        form.refuse(error)
        return None
    return redirect("bots:detail", made.pk)


def _thoughts(backtest: Backtest, account: TradingAccount | None) -> list[str]:
    """What speaks against it, or differs from what was tested."""
    found = ["The account's risk limits apply; the backtest had none."]
    if account and (account.fee_taker, account.slippage) != (backtest.fee, backtest.slippage):
        found.append(
            f"The account pays {percent(account.fee_taker)} a side and {percent(account.slippage)} slippage; the "
            f"backtest reckoned with {percent(backtest.fee)} and {percent(backtest.slippage)}."
        )
    result = getattr(backtest, "result", None)
    if result is not None:
        metrics = result.metrics
        if metrics["total_return"] <= 0:
            found.append(f"The backtest made {percent(metrics['total_return'], sign=True)}.")
        if few(metrics["trades"]):
            found.append(f"{few(metrics['trades'])}.")
    return found


def _free_name(account: TradingAccount, wish: str) -> str:
    taken = set(account.bots.values_list("name", flat=True))
    wish = wish[:55]
    return next(name for name in [wish, *(f"{wish} {n}" for n in range(2, 10_000))] if name not in taken)
