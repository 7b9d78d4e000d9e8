"""The page of one backtest: its progress while it waits and runs, then its report."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from apps.accounts.requests import UserRequest
from apps.backtests import figures
from apps.backtests.arrays import unpack
from apps.backtests.chart import chart_data, frames
from apps.backtests.curve import draw
from apps.backtests.forms import range_words
from apps.backtests.models import Backtest, BacktestResult
from apps.backtests.queue import position
from apps.backtests.selectors import backtest_get, result_get
from apps.backtests.states import State
from apps.backtests.trades import trades_of
from apps.bots.words import told_values
from apps.markets.models import TIMEFRAMES
from apps.operations.formats import moment
from apps.operations.pages import page

TRADES = 20  # a page


@require_safe
def detail(request: UserRequest, pk: UUID) -> HttpResponse:
    backtest = backtest_get(request.user, pk)
    context: dict[str, Any] = {
        "backtest": backtest,
        "range": range_words(backtest),
        "told": told_values(backtest.strategy, backtest.timeframe, backtest.params, backtest.controls),
        "before": position(backtest) if backtest.is_open else 0,
    }
    if backtest.state == State.DONE:
        context |= _report(result_get(request.user, pk), request)
    fragments = {"status": "backtests/_status.html"}
    return page(request, "backtests/detail.html", context, fragments=fragments)


def _report(result: BacktestResult, request: UserRequest) -> dict[str, Any]:
    backtest: Backtest = result.backtest
    arrays = unpack(bytes(result.arrays))
    trades = arrays["trades"]
    after = _after(request, len(trades))
    names = frames(result)
    frame = request.GET.get("interval", "")
    lot = Decimal(backtest.rules["lot"])
    return {
        "result": result,
        "report": result.report,
        "headline": figures.headline(result.metrics, backtest.quote),
        "groups": figures.groups(result.metrics, backtest.quote),
        "few": figures.few(result.metrics["trades"]),
        "curve": draw(arrays["equity"]),
        "trades": list(trades_of(trades[after : after + TRADES], lot, after)),
        "count": len(trades),
        "after": after,
        "next": after + TRADES if after + TRADES < len(trades) else None,
        "increments": Increments(backtest),
        "frames": names,
        "frame": frame if frame in names else _frame(names, backtest.timeframe),
        "checks": [
            (check, [moment(time) for time in check["times"]])
            for check in result.report["quality"]["checks"]
            if check["count"]
        ],
    }


class Increments:
    """The product's, as the filters of templates read them."""

    def __init__(self, backtest: Backtest) -> None:
        self.quote_increment = Decimal(backtest.rules["tick"])
        self.base_increment = Decimal(backtest.rules["lot"])


def _frame(names: list[str], seconds: int) -> str:
    """The backtest's own timeframe where the stored candles make it up, else the finest."""
    return next((name for name in names if TIMEFRAMES[name] == seconds), names[0])


def _after(request: UserRequest, count: int) -> int:
    raw = request.GET.get("after", "")
    return min(int(raw), count) if raw.isdecimal() and len(raw) < 10 else 0


@require_safe
def candles(request: UserRequest, pk: UUID) -> JsonResponse:
    """Candles and markers of the chart; ``interval`` is one of the page's, ``before`` seconds UTC."""
    result = result_get(request.user, pk)
    names = frames(result)
    interval, before = request.GET.get("interval", names[0]), request.GET.get("before", "")
    if interval not in names:
        return JsonResponse({"interval": f"must be one of {', '.join(names)}, was {interval}"}, status=400)
    if before and not (before.isdecimal() and len(before) < 19):
        return JsonResponse({"before": f"must be whole seconds, was {before[:40]}"}, status=400)
    return JsonResponse(chart_data(result, TIMEFRAMES[interval], before=int(before) if before else None))
