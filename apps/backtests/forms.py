"""What to test, as a form: a bot's own, with a market, a range and the costs beside it. Ratios are typed in percent."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms

from apps.backtests.checks import MOST_COST
from apps.backtests.models import Backtest
from apps.backtests.sources import Source
from apps.bots.controls import MOST
from apps.bots.fields import NumberField, number, percent_text
from apps.bots.forms import PARAM, BotForm
from apps.markets.candles import day_of
from apps.operations.formats import moment, utc_clock

HUNDRED = Decimal(100)
COSTS = {"cash": "10000", "fee": "0.6", "slippage": "0.02"}


class BacktestForm(BotForm):
    """``values`` is what the service takes."""

    market = forms.ChoiceField(label="Market and candles")
    start = forms.DateField(
        required=False, label="From", help_text="First day, UTC; empty = as far back as there are candles",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "From must be a date like 2020-02-10."},
    )  # fmt: skip
    end = forms.DateField(
        required=False, label="To", help_text="Last day, included; empty = up to the newest candle",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "To must be a date like 2020-02-16."},
    )  # fmt: skip

    def __init__(self, *args: Any, found: list[Source], **options: Any) -> None:
        quotes = {source.quote for source in found}
        quote = quotes.pop() if len(quotes) == 1 else "quote"
        super().__init__(*args, quote=quote, **options)
        self.found = {source.key: source for source in found}
        market = self.fields["market"]
        market.choices = [(source.key, label_of(source)) for source in found]  # type: ignore[attr-defined]
        market.error_messages["invalid_choice"] = "Market must be one of the list, was %(value)s."
        self.fields["cash"] = NumberField(
            parse=number, unit=quote, shown=str, label="Capital", help_text="Quote currency at the start"
        )
        self.fields["fee"] = _cost_field("Fee a side", "Of each fill's amount; a round trip pays it twice")
        self.fields["slippage"] = _cost_field("Slippage", "By how much market and stop fills are worse")
        self.initial = COSTS | {"market": next(iter(self.found), "")} | dict(self.initial)

    @property
    def market_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("start", "end", "timeframe")]

    @property
    def money_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("cash", "fee", "slippage", "size_mode", "size")]

    @property
    def has_control_errors(self) -> bool:
        return any(field.errors for field in self.control_fields)

    @property
    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        source = self.found[data["market"]]
        return {
            "name": data["name"], "strategy": self.strategy.name, "params": self.params, "market": source.key,
            "timeframe": data["timeframe"], "cash": data["cash"], "fee": data["fee"], "slippage": data["slippage"],
            "controls": self.controls, "start": _start(source, data["start"]), "end": _end(source, data["end"]),
        }  # fmt: skip


def label_of(source: Source) -> str:
    first, end = source.span
    return f"{source.title} ({day_of(first)} to {day_of(end - 1)})"


def initial_of(backtest: Backtest) -> dict[str, Any]:
    """A backtest as the form shows it, to ask for it again."""
    controls = dict(backtest.controls)
    size = controls.pop("size")
    return {
        "name": backtest.name, "market": backtest.market, "timeframe": backtest.timeframe,
        "start": day_of(backtest.start), "end": day_of(backtest.end - 1), "cash": _digits(backtest.cash),
        "fee": _digits(backtest.fee * HUNDRED), "slippage": _digits(backtest.slippage * HUNDRED),
        "size": percent_text(size) if controls["size_mode"] in MOST else _digits(Decimal(repr(size))),
        **controls, **{PARAM + name: value for name, value in backtest.params.items()},
    }  # fmt: skip


def range_words(backtest: Backtest) -> str:
    """In UTC, as its days are asked for."""
    return f"{utc_clock(moment(backtest.start))} to {utc_clock(moment(backtest.end))}"


def _cost_field(label: str, help_text: str) -> NumberField:
    return NumberField(parse=_ratio, unit="%", shown=str, label=label, help_text=help_text)


def _ratio(text: str) -> Decimal:
    value = number(text) / HUNDRED
    if not 0 <= value <= MOST_COST:
        raise ValueError(f"must be between 0 and {_digits(MOST_COST * HUNDRED)} %")
    return value


def _start(source: Source, day: date | None) -> int | None:
    """The day's first second, or the first candle's on the day of that."""
    first = source.span[0]
    return None if day is None or day == day_of(first) else _seconds(day)


def _end(source: Source, day: date | None) -> int | None:
    """The end of the day, or of the last candle on the day of that."""
    last = source.span[1]
    return None if day is None or day == day_of(last - 1) else _seconds(day + timedelta(days=1))


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _digits(value: Decimal) -> str:
    return f"{value.normalize():f}"
