"""The queue and what came of earlier backtests."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from apps.accounts.requests import UserRequest
from apps.backtests.checks import MOST_OPEN
from apps.backtests.queue import position
from apps.backtests.selectors import backtests
from apps.backtests.states import OPEN
from apps.operations.pages import page
from apps.operations.paging import keyset


@require_safe
def backtest_list(request: UserRequest) -> HttpResponse:
    mine = backtests(request.user)
    waiting = list(mine.filter(state__in=OPEN).order_by("created"))
    part = keyset(mine.exclude(state__in=OPEN), key="created", descending=True, cursor=request.GET.get("after", ""))
    context = {
        "queue": [(backtest, position(backtest)) for backtest in waiting],
        "part": part,
        "most": MOST_OPEN,
    }
    fragments = {"queue": "backtests/_queue.html", "rows": "backtests/_rows.html"}
    return page(request, "backtests/list.html", context, fragments=fragments)
