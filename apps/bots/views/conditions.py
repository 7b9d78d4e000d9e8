"""Market Conditions: what every bot waits for, now or at an earlier time."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.requests import UserRequest
from apps.bots.conditions import MatrixRow, blocked_counts, decision_at, gate_rows, matrix, neighbours
from apps.bots.explain import sentence_shown
from apps.bots.models import Bot
from apps.bots.rows import bot_rows
from apps.bots.selectors import bot_get, bots
from apps.markets.models import Feed
from apps.operations.formats import moment, zone
from apps.operations.pages import page

SHOW = {"all": "All", "blocked": "Blocked", "near": "Near a trade"}
FRAGMENTS = {"matrix": "bots/_matrix.html", "decision": "bots/_decision.html"}


@require_safe
def conditions(request: UserRequest) -> HttpResponse:
    mine = list(bots(request.user))
    show = request.GET.get("show", "all")
    show = show if show in SHOW else "all"
    rows = matrix(bot_rows(mine), show)
    chosen = _chosen(request, mine, rows)
    context = {
        "bots": mine,
        "rows": rows,
        "show": show,
        "shows": SHOW.items(),
        "chosen": chosen,
        # Read only by the part that shows them.
        "counts": lambda: blocked_counts(mine, _market_time(mine)),
        **_decision(request, chosen),
    }
    return page(request, "bots/conditions.html", context, fragments=FRAGMENTS)


def _chosen(request: UserRequest, mine: list[Bot], rows: list[MatrixRow]) -> Bot | None:
    """The bot in the address, else the one nearest to a trade."""
    pk = request.GET.get("bot", "")
    if pk:
        return bot_get(request.user, int(pk) if pk.isdecimal() and len(pk) < 19 else 0)
    if rows:
        return rows[0].row.bot
    return mine[0] if mine else None


def _decision(request: UserRequest, bot: Bot | None) -> dict[str, Any]:
    raw = request.GET.get("at", "").strip()
    at, problem = _time(raw, bot)
    if bot is None or problem:
        return {"at": None, "raw": raw, "problem": problem}
    evaluation = decision_at(bot, at or datetime.max.replace(tzinfo=UTC))
    found: dict[str, Any] = {"at": at, "raw": raw, "problem": "", "evaluation": evaluation}
    if evaluation is None:
        return found
    before, after = neighbours(evaluation)
    return found | {
        "sentence": sentence_shown(evaluation), "gates": gate_rows(evaluation), "before": before, "after": after,
    }  # fmt: skip


def _time(raw: str, bot: Bot | None) -> tuple[datetime | None, str]:
    """A market time in the user's zone: full, or 14:05 on the market's present day. Empty means now."""
    if not raw or bot is None:
        return None, ""
    try:
        if len(raw) <= 5:
            day = timezone.localtime(_market_time([bot]))
            clock = datetime.strptime(raw, "%H:%M")  # noqa: DTZ007  the day brings the zone
            return day.replace(hour=clock.hour, minute=clock.minute, second=0), ""
        at = datetime.fromisoformat(raw)
    except ValueError:
        return None, f"Time must be like 14:05 or 2020-02-03 14:05 ({zone()}), was {raw[:40]}"
    return (at if at.tzinfo else timezone.make_aware(at)), ""


def _market_time(mine: list[Bot]) -> datetime | None:
    products = {bot.product_id for bot in mine}
    newest = (
        Feed.objects.filter(product__in=products).order_by("-position").values_list("market_time", flat=True).first()
    )
    return moment(newest)
