"""Pulling and releasing kill switches. What a halt cancels and sells is done by apps.orders, from the waiting row."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import TradingAccount, User
from apps.markets.models import Product
from apps.operations import audit
from apps.operations.hints import hint, toast
from apps.risk.models import Halt
from engine.kinds import HaltLevel

REASON_LENGTH = 200


@transaction.atomic
def halt(
    *,
    scope: str,
    level: int,
    reason: str,
    by: User | None,
    account: TradingAccount | None = None,
    user: User | None = None,
    venue: str = "",
    breaker: str = "",
) -> Halt:
    """Stops trading in a scope at once. ``level`` is a HaltLevel above NONE; ``by`` None means the platform itself.

    ValidationError names the field, its value and the rule.
    """
    if scope not in Halt.Scope.values:
        raise ValidationError({"scope": f"must be one of {', '.join(Halt.Scope.values)}, was {scope!r}"})
    if level not in (HaltLevel.ENTRIES, HaltLevel.ORDERS, HaltLevel.FLATTEN):
        raise ValidationError({"level": f"must be 1 (entries), 2 (orders) or 3 (flatten), was {level}"})
    reason = _reason(reason, "must say why")
    needed = {Halt.Scope.ACCOUNT: account, Halt.Scope.USER: user, Halt.Scope.VENUE: venue, Halt.Scope.SITE: True}
    if not needed[Halt.Scope(scope)]:
        raise ValidationError({scope: f"must be named for a halt of scope {scope}"})
    if scope == Halt.Scope.VENUE and not Product.objects.filter(venue=venue).exists():
        raise ValidationError({"venue": f"must be one that is traded here, was {venue!r}"})
    row = Halt.objects.create(
        scope=scope, level=level, reason=reason, by=by, account=account, user=user, venue=venue,
        breaker=breaker, swept=level == HaltLevel.ENTRIES,
    )  # fmt: skip
    audit.record(
        actor=by, action=f"halt.{scope}", target=account or user or row, reason=row.reason, detail={"level": level}
    )
    for owner_id in affected_users(row):
        hint(owner_id, "halts", "overview", "bots", "conditions")
        if by is None or owner_id != by.pk:
            toast(owner_id, f"Trading is halted: {row.reason}", tone="bad", urgent=True)
    return row


@transaction.atomic
def release(*, halt: Halt, by: User | None, reason: str) -> Halt:
    """Lifts a halt. Releasing twice is refused."""
    reason = _reason(reason, "must say why it is safe to go on")
    changed = Halt.objects.filter(pk=halt.pk, released_at=None).update(
        released_at=timezone.now(), released_by=by, released_reason=reason, swept=True
    )
    if not changed:
        raise ValidationError({"halt": "is not in force any more"})
    halt.refresh_from_db()
    audit.record(actor=by, action=f"halt.{halt.scope}.release", target=halt, reason=reason)
    for owner_id in affected_users(halt):
        hint(owner_id, "halts", "overview", "bots", "conditions")
    return halt


@transaction.atomic
def breaker_trip(*, account: TradingAccount, breaker: str, reason: str) -> Halt:
    """Blocks the account's entries until the breaker is reset; exits go on. One that is tripped stays as it is."""
    tripped = _tripped(account, breaker).first()
    return tripped or halt(
        scope=Halt.Scope.ACCOUNT, account=account, level=HaltLevel.ENTRIES, by=None, breaker=breaker,
        reason=reason[:REASON_LENGTH],
    )  # fmt: skip


@transaction.atomic
def breaker_reset(*, account: TradingAccount, breaker: str, reason: str) -> None:
    """Lets entries go on when the cause is gone. Nothing happens while it is not tripped."""
    for tripped in _tripped(account, breaker):
        release(halt=tripped, by=None, reason=reason)


def _tripped(account: TradingAccount, breaker: str) -> QuerySet[Halt]:
    return Halt.objects.filter(account=account, breaker=breaker, released_at=None)


def _reason(raw: str, rule: str) -> str:
    reason = raw.strip()
    if not reason:
        raise ValidationError({"reason": f"{rule}, was empty"})
    if len(reason) > REASON_LENGTH:
        raise ValidationError({"reason": f"must have at most {REASON_LENGTH} characters, had {len(reason)}"})
    return reason


def affected_accounts(halt: Halt) -> list[int]:
    """Ids of the trading accounts that a halt touches, in key order."""
    accounts = TradingAccount.objects.order_by("pk")
    match halt.scope:
        case Halt.Scope.VENUE:
            accounts = accounts.filter(venue=halt.venue)
        case Halt.Scope.USER:
            accounts = accounts.filter(owner_id=halt.user_id)
        case Halt.Scope.ACCOUNT:
            accounts = accounts.filter(halts=halt)
    return list(accounts.values_list("pk", flat=True))


def affected_users(halt: Halt) -> list[int]:
    owners = TradingAccount.objects.filter(pk__in=affected_accounts(halt)).values_list("owner_id", flat=True)
    return sorted(set(owners))
