"""Opening trading accounts; pausing people; what they prefer."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import TradingAccount, User
from apps.operations import audit
from apps.operations.hints import hint

MOST_REASON = 200  # characters
PAGES = ("halts", "overview", "bots", "conditions")  # that show whether entries are allowed


def trading_account_open(*, user: User, name: str, venue: str, currency: str = "USD") -> TradingAccount:
    """A paper account at a venue, still empty. ValidationError names the field when the name is bad or taken."""
    account = TradingAccount(owner=user, name=name.strip(), venue=venue, currency=currency)
    account.clean_fields()
    if TradingAccount.objects.filter(owner=user, name=account.name).exists():
        raise ValidationError({"name": f"must be new among your accounts, {account.name!r} is taken"})
    account.save()
    return account


def preferences_change(*, user: User, **values: object) -> User:
    """Name, time zone and display of a user; nothing else of the row is touched. ValidationError names what is bad."""
    for name, value in values.items():
        setattr(user, name, value)
    others = {field.name for field in User._meta.fields} - set(values)
    user.clean_fields(exclude=others)
    user.save(update_fields=list(values))
    return user


@transaction.atomic
def user_pause(*, user: User, by: User | None, reason: str) -> User:
    """No entries in any of the user's accounts, from the next decision on; exits go on and the user reads on.

    ValidationError without a reason, or when the user is paused already.
    """
    why = _why(reason)
    if not User.objects.filter(pk=user.pk, paused_at=None).update(paused_at=timezone.now(), paused_reason=why):
        raise ValidationError({"user": "is paused already"})
    return _told(user, by, "user.pause", why)


@transaction.atomic
def user_resume(*, user: User, by: User | None, reason: str) -> User:
    """Entries are allowed again, as far as no halt is in force. ValidationError without a reason or a pause."""
    why = _why(reason)
    if not User.objects.filter(pk=user.pk, paused_at__isnull=False).update(paused_at=None, paused_reason=""):
        raise ValidationError({"user": "is not paused"})
    return _told(user, by, "user.resume", why)


def _why(reason: str) -> str:
    why = reason.strip()
    if not 1 <= len(why) <= MOST_REASON:
        raise ValidationError({"reason": f"must say why in 1 to {MOST_REASON} characters, had {len(why)}"})
    return why


def _told(user: User, by: User | None, action: str, why: str) -> User:
    user.refresh_from_db(fields=["paused_at", "paused_reason"])
    audit.record(actor=by, action=action, target=user, reason=why)
    hint(user.pk, *PAGES)
    return user
