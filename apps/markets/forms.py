"""What a reader of the quality pages may choose."""

from django import forms

from apps.markets.models import TIMEFRAMES

DAYS = {1: "today", 7: "7 days", 30: "30 days"}


class WindowForm(forms.Form):
    timeframe = forms.ChoiceField(label="Timeframe", choices=[(name, name) for name in TIMEFRAMES])
    days = forms.TypedChoiceField(label="Window", coerce=int, choices=list(DAYS.items()))


def window(data: dict[str, str]) -> tuple[WindowForm, str, int]:
    """The form, the timeframe's name and the days chosen; what is left out or wrong falls back to a week of minutes."""
    form = WindowForm({"timeframe": "1m", "days": "7", **data})
    if not form.is_valid():
        return form, "1m", 7
    return form, form.cleaned_data["timeframe"], form.cleaned_data["days"]
