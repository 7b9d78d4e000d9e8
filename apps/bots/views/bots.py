"""The list of bots and the page of one."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from apps.accounts.requests import UserRequest
from apps.bots.chart import chart_data
from apps.bots.explain import gates_of
from apps.bots.models import Bot
from apps.bots.parts import confirmation, orders_of, trades_of
from apps.bots.rows import bot_rows, grouped
from apps.bots.selectors import bot_get, bots
from apps.bots.words import told
from apps.markets.models import TIMEFRAMES
from apps.operations.pages import page
from apps.portfolio.charts.request import place_asked, refused

CHART_FRAMES = ["1m", "5m", "15m", "1h", "4h"]


@require_safe
def bot_list(request: UserRequest) -> HttpResponse:
    rows = bot_rows(list(bots(request.user)))
    return page(
        request, "bots/list.html", {"groups": grouped(rows), "count": len(rows)}, fragments={"bots": "bots/_rows.html"}
    )


@require_safe
def bot_detail(request: UserRequest, pk: int) -> HttpResponse:
    bot = bot_get(request.user, pk)
    fragments = {name: f"bots/_{name}.html" for name in ("head", "facts", "gates", "orders", "trades")}
    return page(request, "bots/detail.html", _detail(bot, request), fragments=fragments)


def _detail(bot: Bot, request: UserRequest) -> dict[str, Any]:
    row = bot_rows([bot])[0]
    assert bot.version is not None
    frame = request.GET.get("interval", "")
    return {
        "bot": bot,
        "row": row,
        "gates": gates_of(row.evaluation) if row.evaluation else [],
        "confirmation": confirmation(bot, row.evaluation),
        "told": told(bot.version),
        # Read only by the part that shows them.
        "orders": lambda: orders_of(bot),
        "trades": lambda: trades_of(bot),
        "versions": lambda: bot.versions.select_related("author")[:20],
        "frames": CHART_FRAMES,
        "frame": frame if frame in CHART_FRAMES else _frame(bot.version.timeframe),
    }


def _frame(seconds: int) -> str:
    return next((name for name in CHART_FRAMES if TIMEFRAMES[name] == seconds), "1m")


@require_safe
def bot_candles(request: UserRequest, pk: int) -> JsonResponse:
    """Candles, markers and lines of the bot's chart; ``interval`` is one of CHART_FRAMES, times are seconds UTC."""
    bot = bot_get(request.user, pk)
    try:
        timeframe, where = place_asked(request.GET, CHART_FRAMES)
    except ValidationError as error:
        return refused(error)
    return JsonResponse(chart_data(bot, timeframe, where))
