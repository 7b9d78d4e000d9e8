"""Signing in as a person does, for tests."""

from typing import Any

from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User

PASSWORD = "correct horse battery"


def sign_in(client: Client, email: str = "trader@example.org", password: str = PASSWORD) -> Any:
    return client.post(reverse("account_login"), {"login": email, "password": password})


def signed_in(user: User) -> Client:
    """A browser whose owner has just proved again who they are."""
    client = Client()
    assert sign_in(client, user.email).status_code == 302
    assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302
    return client


def code_of(secret: str, steps: int = 0) -> str:
    """What the authenticator app shows now, or some steps of 30 s later."""
    return format_hotp_value(hotp_value(secret, int(timezone.now().timestamp()) // 30 + steps))


def with_app(user: User) -> str:
    """Gives the user an authenticator app; returns its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret
