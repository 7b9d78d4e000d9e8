"""The portfolio: what the account is made of, and what it was worth over time."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.models import TradingAccount
from apps.accounts.requests import UserRequest
from apps.accounts.selectors import trading_accounts
from apps.markets.selectors import market_time
from apps.operations.formats import moment
from apps.operations.pages import page
from apps.operations.tables import Cell, csv_response
from apps.portfolio.allocation.assets import Asset, assets, locks, segments
from apps.portfolio.curve import RANGES, equity_curve
from apps.portfolio.selectors import equity, transfers

FRAGMENTS = {
    "assets": "portfolio/_assets.html",
    "value": "portfolio/_value.html",
    "transfers": "portfolio/_transfers.html",
}
TRANSFERS = 10


@require_safe
def portfolio(request: UserRequest) -> HttpResponse:
    """``range`` is one of RANGES; ``dust=hide`` leaves out what is worth less than one unit of the currency."""
    account = trading_accounts(request.user).prefetch_related("bots").first()
    name = request.GET.get("range", "1W")
    hidden = request.GET.get("dust") == "hide"
    context = _context(account, name if name in RANGES else "1W", hidden) if account else {}
    return page(request, "portfolio/portfolio.html", {"account": account, **context}, fragments=FRAGMENTS)


def _context(account: TradingAccount, name: str, hidden: bool) -> dict[str, Any]:
    rows = assets(account)
    shown = [row for row in rows if not (hidden and row.is_dust)]
    now, at = equity(account), moment(market_time(account.venue))
    return {
        "assets": shown,
        "segments": segments(shown),
        "numbers": {row.currency: number for number, row in enumerate(shown)},
        "hidden": len(rows) - len(shown),
        "hides": hidden,
        "dust": any(row.is_dust for row in rows),
        "locks": locks(account),
        "now": now,
        "as_of": at,
        # Read only by the part that shows them.
        "curve": lambda: equity_curve(account, name, now.equity, at),
        "transfers": lambda: transfers(account, TRANSFERS),
        "range": name,
        "ranges": list(RANGES),
    }


CSV_HEADER = [
    "currency", "total", "available", "locked", "price", "value", "share", "average_cost", "unrealised",
    "valued_in", "account", "mode", "as_of_utc",
]  # fmt: skip


@require_safe
def portfolio_csv(request: UserRequest) -> HttpResponse:
    account = trading_accounts(request.user).first()
    rows = assets(account) if account else []
    now = timezone.now()
    return csv_response("portfolio", CSV_HEADER, (_csv_row(account, row, now) for row in rows if account))


def _csv_row(account: TradingAccount, row: Asset, now: Any) -> list[Cell]:
    return [
        row.currency, row.total, row.available, row.locked, row.price, row.value, row.share, row.cost, row.unrealised,
        account.currency, account.name, account.mode, now,
    ]  # fmt: skip
