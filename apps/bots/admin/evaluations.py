"""Operators read every decision of every bot, and the batches of work that they are made in."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.bots.explain import gates_of, sentence
from apps.bots.models import Bot, Evaluation, EvaluationBatch
from apps.bots.partitions import partition_days
from apps.operations.columns import link, market_time
from apps.operations.lists import ReadOnlyAdmin
from apps.operations.tallies import Tally, tallies
from engine.gates import CONDITIONS, TEXTS, Gate

SHOWN = 30  # days, and bots, that the filters offer
PATIENCE = timedelta(seconds=10)  # a batch that waits longer than this has nobody to work at it

HEADS = "".join(f'<th scope="col">{head}</th>' for head in ("Gate", "Result", "Value", "Threshold", "In words"))
TABLE = f'<table class="gates"><thead><tr>{HEADS}</tr></thead><tbody>{{}}</tbody></table>'
ROW = '<tr class="gate-{}"><th scope="row">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>'


class DayFilter(admin.SimpleListFilter):
    """The newest market days; each is a partition of its own."""

    title, parameter_name = "market day", "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(day.isoformat(), day.isoformat()) for day in partition_days()[:SHOWN]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Evaluation]) -> QuerySet[Evaluation]:
        try:
            return queryset.filter(day=date.fromisoformat(self.value() or ""))
        except ValueError:
            return queryset


class BotFilter(admin.SimpleListFilter):
    """The bots that decide now and the chosen one; any other is found by its name in the search."""

    title, parameter_name = "bot", "bot"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        bots = Bot.objects.exclude(state=Bot.State.STOPPED).order_by("-pk")[:SHOWN]
        names = {str(bot.pk): f"#{bot.pk} {bot}" for bot in bots}
        chosen = request.GET.get(self.parameter_name, "")
        return [*names.items(), *([(chosen, f"#{chosen}")] if chosen.isdecimal() and chosen not in names else [])]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Evaluation]) -> QuerySet[Evaluation]:
        chosen = self.value() or ""
        return queryset.filter(bot_id=int(chosen)) if chosen.isdecimal() else queryset


class GateFilter(admin.SimpleListFilter):
    """The first gate that blocked an entry."""

    title, parameter_name = "blocking gate", "gate"
    CONDITION = "condition"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        gates = [(str(gate.value), text.name) for gate, text in TEXTS.items()]
        return [*gates, (self.CONDITION, "A condition of the strategy")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Evaluation]) -> QuerySet[Evaluation]:
        chosen = self.value() or ""
        if chosen == self.CONDITION:
            return queryset.filter(blocking__range=(Gate.CONDITION, Gate.CONDITION + CONDITIONS - 1))
        return queryset.filter(blocking=int(chosen)) if chosen.isdecimal() else queryset


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "at", link("bot"), link("bot__account__owner", "owner"), "verdict", "why", "price", "score", "confidence",
    )  # fmt: skip
    list_display_links = ("id", "at")
    list_filter = ("verdict", GateFilter, BotFilter, DayFilter)
    search_fields = ("bot__name", "bot__account__owner__email")
    list_select_related = ("bot__account__owner", "bot__product", "version")
    ordering = ("-id",)  # the one order in which every partition has an index
    fields = (
        "at", link("bot"), link("version"), link("bot__account__owner", "owner"), "verdict", "action", "why", "gates",
        "price", "score", "confidence", "lots", "position", "seq", "created",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Evaluation]:
        return super().get_queryset(request).select_related("version__bot", "bot__product", "bot__account__owner")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Evaluation], search_term: str
    ) -> tuple[QuerySet[Evaluation], bool]:
        """Looks the bots up first: their decisions have an index, names in a join have none."""
        if not search_term:
            return queryset, False
        bots, _ = BotSearch(Bot, self.admin_site).get_search_results(request, Bot.objects.all(), search_term)
        return queryset.filter(bot__in=list(bots.values_list("pk", flat=True))), False

    @admin.display(description="in words")
    def why(self, evaluation: Evaluation) -> str:
        return sentence(evaluation)

    @admin.display
    def gates(self, evaluation: Evaluation) -> SafeString:
        lines = (
            (line.status, line.name, line.status, line.value, line.threshold, line.sentence)
            for line in gates_of(evaluation)
        )
        return format_html(TABLE, format_html_join("", ROW, lines))


class BotSearch(admin.ModelAdmin):
    """Finds bots as the list of bots does, for the search in their decisions."""

    search_fields = ("name", "account__owner__email")


@admin.register(EvaluationBatch)
class EvaluationBatchAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "product", "timeframe", market_time("time", "bar's close"), "part", "bots", "state", "created",
        "finished",
    )  # fmt: skip
    list_filter = ("state", "timeframe", "product")
    search_fields = ("=id", "=position")
    list_select_related = ("product",)
    ordering = ("-id",)
    fields = (
        "product", link("session"), "timeframe", market_time("time", "bar's close"), "position", "part", "bot_ids",
        "state", "claim", "lease_until", "created", "finished",
    )  # fmt: skip

    @admin.display
    def bots(self, batch: EvaluationBatch) -> int:
        return len(batch.bot_ids)


def batches_stuck() -> int:
    waiting = EvaluationBatch.objects.exclude(state=EvaluationBatch.State.DONE)
    return waiting.filter(created__lt=timezone.now() - PATIENCE).count()


tallies.append(
    Tally(f"Batches waiting over {PATIENCE.seconds} s", batches_stuck, "bots_evaluationbatch", "state__exact=waiting")
)
