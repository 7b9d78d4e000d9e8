"""Closed trades: filtered, sorted, summed up."""

from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import (
    Avg,
    Count,
    DecimalField,
    DurationField,
    ExpressionWrapper,
    F,
    Max,
    Min,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Cast, NullIf
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.ledger.models import Position
from apps.ledger.selectors import positions
from apps.markets.models import TIMEFRAMES, Product
from apps.portfolio.results import closed_positions

SORTS = {
    "closed": "Closed",
    "opened": "Opened",
    "net": "Net result",
    "ratio": "Result %",
    "fees": "Fees",
    "duration": "Duration",
}
RESULTS = {"": "All", "win": "Gains", "loss": "Losses"}
REASONS = {
    "": "All",
    "stop": "Stop",
    "target": "Target",
    "signal": "Signal",
    "max_hold": "Longest hold",
    "manual": "By hand",
    "halt": "Kill switch",
    "reset": "Account reset",
}
RUNS = {"": "This run", "all": "All runs"}


AMOUNT = DecimalField(max_digits=38, decimal_places=18)
ROOM = 50  # bars within which a trade is shown on its chart


class TradeFilter(forms.Form):
    """What to show. Every value stands in the address, so that a filtered page can be kept and shared."""

    since = forms.DateField(required=False, label="Closed from", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="to", widget=forms.DateInput(attrs={"type": "date"}))
    market = forms.ChoiceField(required=False, label="Market")
    bot = forms.ChoiceField(required=False, label="Bot")
    result = forms.ChoiceField(required=False, label="Result", choices=RESULTS.items())
    reason = forms.ChoiceField(required=False, label="Reason", choices=REASONS.items())
    run = forms.ChoiceField(required=False, label="Run", choices=RUNS.items())

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        self.user = user
        names = [(bot.holder, bot.name) for account in user.trading_accounts.all() for bot in account.bots.all()]
        traded = Product.objects.filter(pk__in=positions(user).values("product"))
        self.fields["bot"].choices = [("", "All"), *names]  # type: ignore[attr-defined]
        self.fields["market"].choices = [("", "All"), *((str(row.pk), row.symbol) for row in traded)]  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            field.error_messages["invalid_choice"] = f"{field.label} must be one of the list, was %(value)s."
            if name in ("since", "until"):
                field.error_messages["invalid"] = f"{field.label} must be a date like 2020-02-03."

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("since") and data.get("until") and data["since"] > data["until"]:
            self.add_error("until", f"To must not be before {data['since']}, was {data['until']}")
        return data

    @property
    def stamp(self) -> tuple[object, ...]:
        """What is asked for: the same trades pass while this and the user's accounts stay the same. Days are those of
        the zone."""
        data = self.cleaned_data if self.is_valid() else {}
        return timezone.get_current_timezone_name(), *(str(data.get(name)) for name in self.fields)

    def trades(self) -> QuerySet[Position]:
        """The trades that pass; all of this run while the filter is malformed."""
        data = self.cleaned_data if self.is_valid() else {}
        found = trades(self.user).filter(*_conditions(data))
        return found if data.get("run") == "all" else found.filter(_present_runs(self.user))


def trades(user: User) -> QuerySet[Position]:
    """Every closed trade of the user with its net result, that as a ratio of what was paid and as a multiple of what
    was at risk between entry and stop (``r``, None without a stop), and its duration."""
    return closed_positions(positions(user)).annotate(
        ratio=F("net") / F("bought_notional"),
        r=F("net") / (F("bought_notional") * NullIf(Cast("stop", AMOUNT), Value(Decimal(0)))),
        duration=ExpressionWrapper(F("closed") - F("opened"), output_field=DurationField()),
    )


def chart_address(trade: Position) -> str:
    """Of the chart at the trade, in the shortest bars that leave it room."""
    assert trade.closed is not None
    length = (trade.closed - trade.opened).total_seconds()
    interval = next((name for name, seconds in TIMEFRAMES.items() if seconds * ROOM >= length), "1d")
    query = {"market": trade.product.symbol, "interval": interval, "around": int(trade.opened.timestamp())}
    return f"{reverse('portfolio:charts')}?{urlencode(query)}"


def _present_runs(user: User) -> Q:
    """By their numbers: compared with the account's own, its trades would be read and sorted for each page of them."""
    runs = user.trading_accounts.values_list("pk", "generation")
    return reduce(or_, (Q(account=account, generation=run) for account, run in runs), Q(pk__in=[]))


def _conditions(data: dict[str, Any]) -> list[Q]:
    found = []
    if data.get("since"):
        found.append(Q(closed__gte=datetime.combine(data["since"], time.min, timezone.get_current_timezone())))
    if data.get("until"):
        found.append(Q(closed__lte=datetime.combine(data["until"], time.max, timezone.get_current_timezone())))
    if data.get("market"):
        found.append(Q(product_id=int(data["market"])))
    if data.get("bot"):
        found.append(Q(holder=data["bot"]))
    if data.get("result"):
        found.append(Q(net__gt=0) if data["result"] == "win" else Q(net__lte=0))
    if data.get("reason"):
        found.append(Q(reason=data["reason"]))
    return found


@dataclass(frozen=True)
class Totals:
    """Of the filter, in quote."""

    trades: int
    wins: int
    net: Decimal
    fees: Decimal
    gained: Decimal
    lost: Decimal
    r: Decimal | None  # average, of the trades that had a stop
    best: Decimal | None
    worst: Decimal | None

    @property
    def win_rate(self) -> float | None:
        return self.wins / self.trades if self.trades else None

    @property
    def expectancy(self) -> Decimal | None:
        """Average net result of a trade."""
        return self.net / self.trades if self.trades else None

    @property
    def profit_factor(self) -> Decimal | None:
        """Gross gains over gross losses; None without a loss."""
        return self.gained / self.lost if self.lost else None


def totals(trades: QuerySet[Position]) -> Totals:
    zero = Decimal(0)
    row = trades.aggregate(
        trades=Count("pk"), wins=Count("pk", filter=Q(net__gt=0)), total=Sum("net"), paid=Sum("fees"),
        gained=Sum("net", filter=Q(net__gt=0)), lost=Sum("net", filter=Q(net__lt=0)), average=Avg("r"),
        best=Max("net"), worst=Min("net"),
    )  # fmt: skip
    return Totals(
        row["trades"], row["wins"], row["total"] or zero, row["paid"] or zero, row["gained"] or zero,
        -(row["lost"] or zero), row["average"], row["best"], row["worst"],
    )  # fmt: skip
