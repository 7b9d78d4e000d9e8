"""What an operator says to pull a kill switch. Users and accounts are halted from their own lists."""

from typing import Any

from django import forms

from apps.markets.models import Product
from apps.operations.deeds import ReasonForm
from apps.risk.models import Halt
from engine.kinds import HaltLevel


class HaltForm(ReasonForm):
    """How far a halt goes, and why."""

    level = forms.TypedChoiceField(
        choices=Halt.LEVELS, coerce=int, initial=HaltLevel.ORDERS.value, widget=forms.RadioSelect
    )
    field_order = ["level", "reason"]


class WideHaltForm(HaltForm):
    """Also what it stops: everything, or one venue."""

    venue = forms.ChoiceField(label="What", required=False, widget=forms.RadioSelect)
    field_order = ["venue", "level", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        venues = Product.objects.order_by("venue").values_list("venue", flat=True).distinct()
        choices = [("", "Everything"), *((venue, f"The venue {venue}") for venue in venues)]
        self.fields["venue"].choices = choices  # type: ignore[attr-defined]
