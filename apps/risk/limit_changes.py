"""Changing limits: lower at once, higher after a delay in which the owner may think again."""

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import TradingAccount, User
from apps.operations import audit
from apps.operations.hints import hint
from apps.risk.limits import BY_NAME, SAME, WHOLE, is_looser
from apps.risk.models import LimitChange, RiskPolicy

State = LimitChange.State


@transaction.atomic
def limits_change(*, account: TradingAccount, by: User, values: Mapping[str, float]) -> list[LimitChange]:
    """Sets limits of an account: a tighter one is in force now, a looser one from LIMIT_RAISE_DELAY on.

    What is asked for replaces what waits for the same limit. ValidationError names the limit, its value and the rule.
    """
    _check(values)
    policy = _locked_policy(account)
    changes = []
    for name, new in values.items():
        waiting = LimitChange.objects.filter(account=account, limit=name, state=State.WAITING).first()
        if waiting and abs(waiting.new - new) <= SAME:
            continue
        old = float(getattr(policy, name))
        if waiting:
            _end(waiting, State.CANCELLED)
        if abs(old - new) > SAME:
            changes.append(_change(policy, name, old, new, by))
    if changes:
        hint(account.owner_id, "limits", "overview", "conditions")
    return changes


def _check(values: Mapping[str, float]) -> None:
    errors = {}
    for name, value in values.items():
        limit = BY_NAME.get(name)
        if limit is None:
            errors[name] = f"must be one of {', '.join(BY_NAME)}"
        elif not 0 <= value <= limit.most:
            errors[name] = f"must be from 0 to {limit.most:g}, was {value:g}"
        elif limit.unit in WHOLE and value != int(value):
            errors[name] = f"must be a whole number, was {value:g}"
    if errors:
        raise ValidationError(errors)


def _change(policy: RiskPolicy, name: str, old: float, new: float, by: User) -> LimitChange:
    now = timezone.now()
    waits = is_looser(old, new)
    due = now + timedelta(seconds=settings.LIMIT_RAISE_DELAY) if waits else now
    change = LimitChange.objects.create(account=policy.account, limit=name, old=old, new=new, by=by, due=due)
    told = {"limit": name, "old": old, "new": new, "due": due.isoformat()}
    audit.record(actor=by, action="limit.raise" if waits else "limit.lower", target=policy.account, detail=told)
    if not waits:
        _apply(policy, change)
    return change


@transaction.atomic
def raise_cancel(*, change: LimitChange, by: User) -> bool:
    """Takes back a change that waits. False when it is over already."""
    policy = _locked_policy(change.account)
    waiting = LimitChange.objects.filter(pk=change.pk, state=State.WAITING).first()
    if waiting is None:
        return False
    _end(waiting, State.CANCELLED)
    told = {"limit": waiting.limit, "old": waiting.old, "new": waiting.new}
    audit.record(actor=by, action="limit.raise.cancel", target=policy.account, detail=told)
    hint(policy.account.owner_id, "limits")
    return True


def raises_sweep() -> int:
    """Brings the changes that are due into force; returns how many. Safe to run at any time and twice."""
    due = LimitChange.objects.filter(state=State.WAITING, due__lte=timezone.now()).order_by("pk")
    return sum(_bring_into_force(change.pk, change.account) for change in due.select_related("account"))


@transaction.atomic
def _bring_into_force(pk: int, account: TradingAccount) -> bool:
    policy = _locked_policy(account)
    change = LimitChange.objects.filter(pk=pk, state=State.WAITING).first()
    if change is None:
        return False
    _apply(policy, change)
    told = {"limit": change.limit, "old": change.old, "new": change.new}
    audit.record(actor=None, action="limit.raise.due", target=account, detail=told)
    hint(account.owner_id, "limits", "overview", "conditions")
    return True


def _locked_policy(account: TradingAccount) -> RiskPolicy:
    """The policy under its lock: changes of one account come one after the other."""
    RiskPolicy.objects.get_or_create(account=account)
    return RiskPolicy.objects.select_for_update(of=("self",)).select_related("account").get(account=account)


def _apply(policy: RiskPolicy, change: LimitChange) -> None:
    whole = BY_NAME[change.limit].unit in WHOLE
    setattr(policy, change.limit, int(change.new) if whole else change.new)
    policy.save(update_fields=[change.limit])
    _end(change, State.DONE)


def _end(change: LimitChange, state: str) -> None:
    change.state, change.ended = state, timezone.now()
    change.save(update_fields=["state", "ended"])
