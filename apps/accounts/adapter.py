"""How sign-up, sign-in and second factors differ from the library's defaults."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse

from apps.operations import secrets

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """E-mail addresses are the names of users."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that does not answer breaks no page: what was done is done, and a link can be asked for again.
        The log says which mail was lost, not to whom."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError:  # whatever smtplib raises is one
            logger.exception("mail %s was not sent", template_prefix)

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, str]]:
        """Who has a second factor proves that one: a password alone opened nothing to begin with. First what the user
        has at hand: the passkey unless there is an authenticator app."""
        methods: list[dict[str, str]] = super().get_reauthentication_methods(user)
        factors = [method for method in methods if method["id"] != "reauthenticate"]
        if is_mfa_enabled(user, types=[Authenticator.Type.TOTP]):
            return factors
        return factors[::-1] or methods

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:security")


class MFAAdapter(DefaultMFAAdapter):
    """Keys of authenticator apps and seeds of recovery codes are encrypted in the database."""

    def encrypt(self, text: str) -> str:
        return secrets.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.decrypt(encrypted_text)
