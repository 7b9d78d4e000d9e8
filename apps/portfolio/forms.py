"""Forms of the paper account."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.portfolio.services import amount_clean


class AmountField(forms.CharField):
    """Quote currency with at most two decimals."""

    unit = "USD"

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}), **options)

    def clean(self, value: Any) -> Any:
        try:
            return amount_clean(super().clean(value))
        except ValidationError as error:
            if not hasattr(error, "error_dict"):
                raise
            raise ValidationError(f"{self.label} {error.messages[0]}") from None


class DepositForm(forms.Form):
    prefix = "deposit"
    amount = AmountField(label="Amount", error_messages={"required": "Amount must be above 0, was empty."})


class ResetForm(forms.Form):
    prefix = "reset"
    deposit = AmountField(
        label="Start again with", initial="10000", error_messages={"required": "Start must be above 0, was empty."}
    )
    reason = forms.CharField(
        label="Reason", max_length=200, help_text="For your own record",
        error_messages={"required": "Reason must say why, was empty."},
    )  # fmt: skip
    sure = forms.BooleanField(
        label="Cancel the orders, close the positions at the last price and begin anew",
        error_messages={"required": "Tick the box to confirm the reset."},
    )
