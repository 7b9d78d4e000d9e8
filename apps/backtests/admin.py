"""Operators see what people test and how the queue stands."""

from django.contrib import admin

from apps.backtests.models import Backtest, BacktestResult
from apps.backtests.states import OPEN, State
from apps.operations.columns import exact, link, market_time, readable
from apps.operations.lists import ReadOnlyAdmin, ReadOnlyInline
from apps.operations.tallies import Tally, tallies


class ResultInline(ReadOnlyInline):
    model = BacktestResult
    fields = readonly_fields = ("bars", "seconds", "engine_version", "data_hash", "results_hash", readable("metrics"))


@admin.register(Backtest)
class BacktestAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "name", "state", "stage", link("user"), "strategy", "market_title", "bars", "attempts", "error",
        "created", "started", "finished",
    )  # fmt: skip
    list_filter = ("state", "strategy")
    search_fields = ("name", "=id", "user__email", "error")
    list_select_related = ("user",)
    ordering = ("-created",)
    inlines = [ResultInline]
    fields = (
        "name", link("user"), "state", "stage", "error", "strategy", "strategy_version", readable("params"),
        readable("controls"), "market", "market_title", "timeframe", "granularity", market_time("start"),
        market_time("end"), exact("cash"), exact("fee"), exact("slippage"), "bars", "bars_done", "rate", "attempts",
        "lease_until", "created", "started", "finished",
    )  # fmt: skip


tallies += [
    Tally(
        "Backtests in the queue", Backtest.objects.filter(state__in=OPEN).count, "backtests_backtest", alarming=False
    ),
    Tally(
        "Backtests failed", Backtest.objects.filter(state=State.FAILED).count, "backtests_backtest",
        "state__exact=failed",
    ),
]  # fmt: skip
