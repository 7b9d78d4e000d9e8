"""Forms of the settings pages, one a section."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.accounts.models import AccessToken, User
from apps.accounts.zones import zones

SURE = "delete"
DAYS = [("30", "30 days"), ("90", "90 days"), ("365", "One year"), ("", "Never")]


def words(label: str, rule: str) -> dict[str, str]:
    """Messages of a field that is chosen from a list."""
    return {
        "required": f"{label} must be {rule}, was empty.",
        "invalid_choice": f"{label} must be {rule}, was %(value)s.",
    }


class ProfileForm(forms.ModelForm):
    name = forms.CharField(
        required=False, max_length=60, label="Name", help_text="How the pages address you. Nobody else sees it.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"max_length": "Name must have at most %(limit_value)d characters, had %(show_value)d."},
    )  # fmt: skip
    time_zone = forms.ChoiceField(
        label="Time zone", choices=lambda: [(zone, zone.replace("_", " ")) for zone in zones()],
        help_text="Of the times on your pages and charts. Bars of a day, days of limits and files stay in UTC.",
        error_messages=words("Time zone", "one of the list"),
    )  # fmt: skip

    class Meta:
        model = User
        fields = ["name", "time_zone"]


class DisplayForm(forms.ModelForm):
    palette = forms.ChoiceField(
        label="Colours of gains and losses", choices=User.Palette, error_messages=words("Colours", "one of the list"),
        help_text="Sign and arrow always say the same.",
    )  # fmt: skip
    density = forms.ChoiceField(
        label="Density", choices=User.Density, error_messages=words("Density", "one of the list"),
        help_text="How much a table holds.",
    )  # fmt: skip
    reduced_motion = forms.BooleanField(
        required=False, label="Reduce motion", help_text="Also where the system does not ask for it."
    )
    updates_paused = forms.BooleanField(
        required=False, label="Begin with live updates paused",
        help_text="Pages stand still until you let them go on in the account menu.",
    )  # fmt: skip

    class Meta:
        model = User
        fields = ["palette", "density", "reduced_motion", "updates_paused"]


class TokenForm(forms.Form):
    name = forms.CharField(
        max_length=60, label="Name", help_text="What it is for: 'rebalancing script'.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Name must say what the token is for, was empty.",
            "max_length": "Name must have at most %(limit_value)d characters, had %(show_value)d.",
        },
    )  # fmt: skip
    scope = forms.ChoiceField(
        label="What it may do", choices=AccessToken.Scope, initial=AccessToken.Scope.READ,
        error_messages=words("Scope", "read or trade"),
    )  # fmt: skip
    days = forms.ChoiceField(
        label="Ends after", choices=DAYS, initial="90", required=False,
        error_messages=words("End", "one of the list"),
    )  # fmt: skip

    def expires(self) -> datetime | None:
        """When a token made now ends; None = never."""
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=int(days)) if days else None


class DeleteForm(forms.Form):
    sure = forms.CharField(
        label=f"Type '{SURE}' to confirm", widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": f"The word must be '{SURE}', was empty."},
    )  # fmt: skip

    def clean_sure(self) -> Any:
        typed = self.cleaned_data["sure"].strip()
        if typed.lower() != SURE:
            raise ValidationError(f"The word must be '{SURE}', was '{typed[:20]}'.")
        return typed
