"""The part of the sign-up form that is ours."""

from django import forms
from django.http import HttpRequest

from apps.accounts.models import User
from apps.accounts.registry import on_sign_up


class SignUpForm(forms.Form):
    """Asks for consent beside the e-mail address and password that the library asks for."""

    accept = forms.BooleanField(
        label="I accept the terms and understand that trading can lose money",
        error_messages={"required": "You must accept the terms and the risk to open an account."},
    )

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by the library after the user was saved."""
        for tell in on_sign_up:
            tell(user)
