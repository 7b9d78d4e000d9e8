"""Forms of the page of connections."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.accounts.connections.keyfile import LONGEST
from apps.accounts.connections.live import SURE


class NeverSaidBack(forms.Textarea):
    """A text that no page ever shows again."""

    def format_value(self, value: Any) -> None:
        return None


class ConnectForm(forms.Form):
    label = forms.CharField(
        max_length=60, label="Name", help_text="How you recognise it: 'Main portfolio'.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Name must say what the connection is, was empty.",
            "max_length": "Name must have at most %(limit_value)d characters, had %(show_value)d.",
        },
    )  # fmt: skip
    key = forms.CharField(
        required=False, label="Key file, pasted", strip=True,
        widget=NeverSaidBack(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        help_text="The whole text of the JSON file that Coinbase gave you.",
    )  # fmt: skip
    file = forms.FileField(required=False, label="or uploaded", help_text="cdp_api_key.json")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        pasted, file = cleaned.get("key"), cleaned.get("file")
        if bool(pasted) == bool(file):
            raise ValidationError({"key": "The key file must be pasted or uploaded, one of the two."})
        if file:
            cleaned["key"] = _text(file)
        return cleaned


class LiveForm(forms.Form):
    sure = forms.CharField(
        label=f"Type {SURE} to trade with real money", widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": f"The word must be {SURE}, was empty."},
    )  # fmt: skip


def _text(file: Any) -> str:
    if file.size > LONGEST:
        raise ValidationError({"file": f"The file must have at most {LONGEST} bytes, had {file.size}."})
    try:
        return str(file.read().decode())
    except UnicodeDecodeError:
        raise ValidationError({"file": "The file must be text, was something else."}) from None
