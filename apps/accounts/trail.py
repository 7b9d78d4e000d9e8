"""What the audit trail says of signing in and of second factors. The library tells of them by signals alone."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth import signals as auth

from apps.accounts.models import User
from apps.operations import audit


def connect() -> None:
    """Called once when the app is loaded."""
    told = {
        account.user_signed_up: "sign_up",
        account.user_logged_in: "sign_in",
        account.password_changed: "password.change",
        account.password_reset: "password.reset",
        account.email_changed: "email.change",
    }
    for signal, action in told.items():
        signal.connect(_Teller(action), weak=False)
    factors = {
        mfa.authenticator_added: "mfa.add",
        mfa.authenticator_removed: "mfa.remove",
        mfa.authenticator_reset: "mfa.reset",
    }
    for signal, action in factors.items():
        signal.connect(_FactorTeller(action), weak=False)
    mfa.authentication_failed.connect(_code_failed)
    account.email_confirmed.connect(_email_confirmed)
    auth.user_logged_out.connect(_signed_out)
    auth.user_login_failed.connect(_sign_in_failed)


class _Teller:
    """Writes one action of a user."""

    def __init__(self, action: str) -> None:
        self.action = action

    def __call__(self, sender: Any, user: User, **rest: Any) -> None:
        audit.record(actor=user, action=self.action, target=user)


class _FactorTeller(_Teller):
    def __call__(self, sender: Any, user: User, **rest: Any) -> None:
        audit.record(actor=user, action=self.action, target=user, detail={"type": rest["authenticator"].type})


def _code_failed(sender: Any, user: User, authenticator: Authenticator, **rest: Any) -> None:
    audit.record(actor=None, action="mfa.failed", target=user, detail={"type": authenticator.type})


def _email_confirmed(sender: Any, email_address: Any, **rest: Any) -> None:
    audit.record(actor=email_address.user, action="email.confirm", target=email_address.user)


def _signed_out(sender: Any, user: User | None, **rest: Any) -> None:
    if user is not None:
        audit.record(actor=user, action="sign_out", target=user)


def _sign_in_failed(sender: Any, credentials: dict[str, Any], **rest: Any) -> None:
    """An address that nobody has is not kept: people type passwords there."""
    user = User.objects.filter(email=str(credentials.get("email", "")).lower()).first()
    audit.record(actor=None, action="sign_in.failed", target=user, detail={"known": user is not None})
