"""Deleting a user: what works for them ends, their rows go, and the audit trail forgets who they were."""

import logging

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.db import transaction
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from apps.accounts.locks import lock_accounts
from apps.accounts.models import TradingAccount, User
from apps.accounts.registry import on_delete
from apps.operations import audit
from apps.operations.models import AuditEntry

logger = logging.getLogger(__name__)


@transaction.atomic
def user_delete(*, user: User) -> None:
    """Deletes the user and everything that is theirs, in one transaction: all of it, or nothing.

    ValidationError while an order is on its way, for the last superuser, and for live accounts.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    accounts = lock_accounts(user.trading_accounts.values_list("pk", flat=True))
    _check(user, list(accounts.values()))
    for end in on_delete:
        end(user)
    audit.record(actor=user, action="user.delete", target=user)
    _forget_in_trail(user)
    for session in UserSession.objects.filter(user=user):
        session.end()
    OutstandingToken.objects.filter(user=user).delete()
    address = user.email
    user.delete()
    transaction.on_commit(lambda: _say_goodbye(address), robust=True)


def _check(user: User, accounts: list[TradingAccount]) -> None:
    superusers = User.objects.select_for_update().filter(is_superuser=True, is_active=True)
    if user.is_superuser and not superusers.exclude(pk=user.pk).exists():
        raise ValidationError({"user": "must not be the last superuser: make another first"})
    if any(account.connection_id for account in accounts):
        raise ValidationError({"user": "must have no exchange connected: delete its connection first"})


def _forget_in_trail(user: User) -> None:
    """What was done, to what and when stays: it is the platform's record. By whom becomes a number."""
    nobody = f"deleted user {user.pk}"
    AuditEntry.objects.filter(actor=user).update(actor_label=nobody, reason="", ip=None)
    about = AuditEntry.objects.filter(target_type=User._meta.label_lower, target_id=str(user.pk))
    about.update(target_label=nobody, ip=None)


def _say_goodbye(address: str) -> None:
    get_adapter().send_mail("account/email/account_deleted", address, {})
