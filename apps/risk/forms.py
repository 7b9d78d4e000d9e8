"""Forms of the kill switch: pulling it is fast, letting go is slow."""

from django import forms

from apps.risk.models import Halt
from engine.kinds import HaltLevel


class HaltForm(forms.Form):
    level = forms.TypedChoiceField(
        choices=Halt.LEVELS, coerce=int, initial=HaltLevel.ORDERS.value, label="What it does",
        error_messages={
            "required": "Level must be 1, 2 or 3, was empty.",
            "invalid_choice": "Level must be 1, 2 or 3, was %(value)s.",
        },
    )  # fmt: skip
    reason = forms.CharField(required=False, max_length=200, label="Reason (optional)")


class ReleaseForm(forms.Form):
    reason = forms.CharField(
        max_length=200, label="Why it is safe to go on",
        error_messages={"required": "Reason must say why it is safe to go on, was empty."},
    )  # fmt: skip
