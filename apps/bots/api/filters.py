"""Filters of bots and of their decisions."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from apps.accounts.api.own import own_accounts
from apps.bots.models import Bot, Evaluation
from apps.operations.api.filters import TimeFilter
from engine.kinds import Verdict

VERDICTS = {verdict.name.lower(): verdict for verdict in Verdict}


class BotFilter(filters.FilterSet):
    account = filters.ModelChoiceFilter(queryset=own_accounts)
    product = filters.CharFilter(field_name="product__symbol")
    strategy = filters.CharFilter(field_name="version__strategy")

    class Meta:
        model = Bot
        fields = ("account", "state", "product", "strategy")


class EvaluationFilter(filters.FilterSet):
    verdict = filters.ChoiceFilter(choices=[(name, name) for name in VERDICTS], method="of_verdict")
    since = TimeFilter(field_name="at", lookup_expr="gte", help_text="Market time, inclusive.")
    until = TimeFilter(field_name="at", lookup_expr="lte", help_text="Market time, inclusive.")

    def of_verdict(self, rows: QuerySet[Evaluation], name: str, value: str) -> QuerySet[Evaluation]:
        return rows.filter(verdict=VERDICTS[value])
