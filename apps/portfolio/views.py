"""Positions, the trade history, and the paper account."""

from collections.abc import Sequence
from decimal import Decimal

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.models import TradingAccount
from apps.accounts.requests import UserRequest
from apps.accounts.selectors import trading_accounts
from apps.markets.selectors import session_current
from apps.operations.once import claim, new_key
from apps.operations.pages import page
from apps.operations.paging import keyset
from apps.operations.tables import csv_stream
from apps.portfolio.files import TRADES, trade_rows
from apps.portfolio.first import open_first_account
from apps.portfolio.forms import DepositForm, ResetForm
from apps.portfolio.holdings import Holding, holder_names, holdings
from apps.portfolio.kept import kept, standing
from apps.portfolio.selectors import equity, sum_known, transfers
from apps.portfolio.services import paper_account_reset, paper_deposit
from apps.portfolio.stops import stop_links
from apps.portfolio.trades import SORTS, TradeFilter, chart_address, totals

CSV_ROWS = 50_000
TRANSFERS = 20
ROWS = 35  # of a page of trades: wide ones, and a phone lays out every cell


@require_safe
def positions(request: UserRequest) -> HttpResponse:
    rows = holdings(request.user)
    account = trading_accounts(request.user).first()
    context = {
        "holdings": rows, "account": account, "total": _total(rows),
        "stops": stop_links(request.user, [row.position for row in rows]),
    }  # fmt: skip
    return page(request, "portfolio/positions.html", context, fragments={"positions": "portfolio/_positions.html"})


def _total(rows: Sequence[Holding]) -> dict[str, Decimal | None]:
    """Sums of value, result and fees; unknown when one part is."""
    values, results = [row.value for row in rows], [row.pnl for row in rows]
    return {
        "value": sum_known(values),
        "pnl": sum_known(results),
        "fees": sum_known([row.position.fees for row in rows]),
    }


@require_safe
def trades(request: UserRequest) -> HttpResponse:
    stand = standing(request.user)
    form = TradeFilter(request.GET, user=request.user)
    rows = form.trades()
    sort, descending = _sort(request)
    part = keyset(rows, key=sort, descending=descending, cursor=request.GET.get("after", ""), size=ROWS)
    context = {
        "form": form,
        "part": part,
        "totals": kept((stand, form.stamp), lambda: totals(rows)),
        "sort": sort,
        "descending": descending,
        "sorts": SORTS,
        "names": holder_names(trading_accounts(request.user).prefetch_related("bots")),
        # Bars of earlier runs are those of another session.
        "charts": {row.pk: chart_address(row) for row in part.rows if row.generation == row.account.generation},
        "filtered": any(request.GET.get(name) for name in form.fields),
    }
    status = 200 if form.is_valid() else 400
    return page(
        request, "portfolio/trades.html", context, fragments={"trades": "portfolio/_trades.html"}, status=status
    )


def _sort(request: UserRequest) -> tuple[str, bool]:
    """Key and direction of ?sort=-net; the newest first by default."""
    raw = request.GET.get("sort", "")
    key = raw.removeprefix("-")
    return (key, raw.startswith("-")) if key in SORTS else ("closed", True)


@require_safe
def trades_csv(request: UserRequest) -> HttpResponseBase:
    form = TradeFilter(request.GET, user=request.user)
    if not form.is_valid():
        return redirect(f"{reverse('portfolio:trades')}?{request.GET.urlencode()}")
    sort, descending = _sort(request)
    sign = "-" if descending else ""
    names = holder_names(trading_accounts(request.user).prefetch_related("bots"))
    rows = form.trades().order_by(f"{sign}{sort}", f"{sign}pk")[:CSV_ROWS]
    return csv_stream(request, "trades", TRADES, trade_rows(rows, names))


@require_safe
def paper(request: UserRequest) -> HttpResponse:
    """The paper account: what is in it, a deposit, a new start."""
    account = trading_accounts(request.user).first()
    return _paper(request, account, DepositForm(), ResetForm())


def _paper(
    request: UserRequest, account: TradingAccount | None, deposit: DepositForm, reset: ResetForm, status: int = 200
) -> HttpResponse:
    context = {
        "account": account,
        "session": session_current(account.venue) if account else None,
        "deposit": deposit,
        "reset": reset,
        "key": new_key(),
        "now": equity(account) if account else None,
        "entries": transfers(account, TRANSFERS) if account else [],
    }
    return render(request, "portfolio/paper.html", context, status=status)


@require_POST
def paper_open(request: UserRequest) -> HttpResponse:
    """For a user without an account, as made by the command line."""
    if not trading_accounts(request.user).exists():
        open_first_account(request.user)
    return redirect("bots:new")


@require_POST
def deposit(request: UserRequest) -> HttpResponse:
    account = trading_accounts(request.user).first()
    form = DepositForm(request.POST)
    if account is None or not form.is_valid():
        return _paper(request, account, form, ResetForm(), status=400)
    if claim(request):
        paper_deposit(account=account, amount=form.cleaned_data["amount"], by=request.user)
        messages.success(request, f"{form.cleaned_data['amount']:,.2f} {account.currency} of paper money were added.")
    return redirect("portfolio:paper")


@require_POST
def reset(request: UserRequest) -> HttpResponse:
    account = trading_accounts(request.user).first()
    form = ResetForm(request.POST)
    if account is None or not form.is_valid():
        return _paper(request, account, DepositForm(), form, status=400)
    if claim(request):
        amount, reason = form.cleaned_data["deposit"], form.cleaned_data["reason"]
        paper_account_reset(account=account, by=request.user, reason=reason, deposit=amount)
        messages.success(request, "The account began anew. Everything before is kept in the history as an earlier run.")
    return redirect("portfolio:paper")
