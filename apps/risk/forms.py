"""Forms of the kill switch: pulling it is fast, letting go is slow."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.accounts.models import User
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
    """Asks for the password again and for words."""

    reason = forms.CharField(
        max_length=200, label="Why it is safe to go on",
        error_messages={"required": "Reason must say why it is safe to go on, was empty."},
    )  # fmt: skip
    password = forms.CharField(
        label="Your password", strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Password must be given again, was empty."},
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise ValidationError("Password must be the one you sign in with.")
        return password
