"""The first page after signing in."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from apps.accounts.models import TradingAccount
from apps.accounts.requests import UserRequest
from apps.bots.rows import BotRow, bot_rows
from apps.bots.selectors import bots
from apps.dashboard.attention import attention
from apps.dashboard.shell import Shell, shell_of
from apps.operations.pages import page
from apps.orders.models import Fill
from apps.portfolio.curve import RANGES, equity_curve
from apps.portfolio.holdings import holder_names, holdings
from apps.risk.selectors import limits

FRAGMENTS = {name: f"dashboard/_{name}.html" for name in ("figures", "attention", "bots", "positions", "fills")} | {
    "curve": "portfolio/_curve.html"
}
SHOWN = 5


@require_safe
def overview(request: UserRequest) -> HttpResponse:
    shell = shell_of(request)
    if shell.account is None:
        return page(request, "dashboard/welcome.html")
    name = request.GET.get("range", "1W")
    return page(
        request, "dashboard/overview.html", _context(shell, name if name in RANGES else "1W"), fragments=FRAGMENTS
    )


def _context(shell: Shell, name: str) -> dict[str, Any]:
    account = shell.account
    assert account is not None
    now = shell.equity
    assert now is not None
    rows = bot_rows(list(bots(account.owner)))
    held = holdings(account.owner)
    return {
        "account": account,
        "now": now,
        "today_ratio": now.today / now.day_open if now.today is not None and now.day_open else None,
        "limits": limits([account])[account.pk],
        "rows": sorted(rows, key=_heat)[:SHOWN],
        "bots": len(rows),
        "running": sum(row.bot.state == row.bot.State.RUNNING for row in rows),
        "holdings": held[:SHOWN],
        "held": len(held),
        "notices": attention(account, rows, held, now, shell.halts),
        # Read only by the part that shows them.
        "fills": lambda: _fills(account),
        "curve": lambda: equity_curve(account, name, now.equity, shell.market.time),
        "range": name,
        "ranges": list(RANGES),
    }


def _heat(row: BotRow) -> tuple[bool, float]:
    return row.bot.state != row.bot.State.RUNNING, -abs(row.evaluation.score) if row.evaluation else 0.0


def _fills(account: TradingAccount) -> list[tuple[Fill, tuple[int, str] | None]]:
    """The newest fills of the present run with the bot they belong to."""
    names = holder_names([account])
    fills = Fill.objects.filter(account=account, order__generation=account.generation).select_related("order__product")
    return [(fill, names.get(fill.order.holder)) for fill in fills.order_by("-pk")[:SHOWN]]
