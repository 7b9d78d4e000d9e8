"""How well the account did: figures, curve against holding, calendar, months, distribution, groups, CSV."""

from decimal import Decimal
from typing import Any

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.accounts.requests import UserRequest
from apps.accounts.selectors import trading_accounts
from apps.operations.pages import page
from apps.operations.tables import Cell, csv_response
from apps.portfolio.curve import RANGES, Curve, draw, thinned
from apps.portfolio.holdings import holder_names
from apps.portfolio.performance.calendar import CELL, months
from apps.portfolio.performance.figures import benchmark, figures
from apps.portfolio.performance.groups import GROUPS, distribution, groups
from apps.portfolio.performance.run import Run, run_chosen, runs
from apps.portfolio.performance.stretch import DayRow

FRAGMENTS = {"report": "portfolio/performance/_report.html"}
CALENDARS = 6  # newest months that get a drawing of their days


@require_safe
def performance(request: UserRequest) -> HttpResponse:
    """``range``, ``run``, ``benchmark`` and ``by`` (a key of GROUPS) stand in the address."""
    account = trading_accounts(request.user).prefetch_related("bots").first()
    context = _context(request, run_chosen(account, request.GET)) if account else {}
    template = "portfolio/performance/performance.html"
    return page(request, template, {"account": account, **context}, fragments=FRAGMENTS)


def _context(request: HttpRequest, run: Run) -> dict[str, Any]:
    by = request.GET.get("by", "market")
    by = by if by in GROUPS else "market"
    held = benchmark(run)
    drawn = months(run.stretch.days) if run.stretch else []
    return {
        "run": run,
        "runs": runs(run.account),
        "ranges": list(RANGES),
        "figures": figures(run),
        "held": float(held[-1] / held[0] - 1) if held is not None else None,
        "curve": _curve(run, held),
        "months": drawn,
        "calendars": drawn[-CALENDARS:],
        "weekdays": [(name, number * CELL + CELL // 2) for number, name in enumerate("MTWTFSS")],
        "distribution": distribution(run.held.over.ratios),
        "by": by,
        "group_names": GROUPS,
        "groups": groups(run, by, holder_names([run.account])),
    }


def _curve(run: Run, held: np.ndarray | None) -> Curve | None:
    """Worth without the deposits since the range began, beside the benchmark."""
    stretch = run.stretch
    if stretch is None or stretch.levels[0] <= 0:
        return None
    points = thinned(list(zip((point.at for point in stretch.points), stretch.levels, strict=True)))
    other: list[float] = thinned(held.tolist()) if held is not None else []
    return draw([(at, _exact(level)) for at, level in points], [_exact(level) for level in other])


def _exact(level: float) -> Decimal:
    return Decimal(repr(float(level)))


CSV_HEADER = [
    "day_utc", "equity", "paid_in", "net_result", "return", "drawdown", "currency", "account", "mode", "run",
]  # fmt: skip


@require_safe
def performance_csv(request: UserRequest) -> HttpResponse:
    """The days of the range."""
    account = trading_accounts(request.user).first()
    run = run_chosen(account, request.GET) if account else None
    days = run.stretch.days if run and run.stretch else []
    return csv_response("performance", CSV_HEADER, (_csv_row(run, row) for row in days if run))


def _csv_row(run: Run, row: DayRow) -> list[Cell]:
    ratio, fall = (Decimal(repr(value)) for value in (row.ratio, row.drawdown))
    account = run.account
    return [
        row.day.isoformat(), row.equity, row.paid_in, row.net, ratio, fall, account.currency, account.name,
        account.mode, run.generation,
    ]  # fmt: skip
