"""Which halts and limits an account must obey."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from apps.accounts.models import TradingAccount, User
from apps.risk.models import Halt, LimitChange, RiskPolicy
from engine.config import RiskLimits
from engine.kinds import HaltLevel


@dataclass(frozen=True)
class Standing:
    """What holds an account: the strongest level, and whether an operator has a part in it."""

    level: HaltLevel = HaltLevel.NONE
    operator: bool = False


@dataclass(frozen=True)
class Stop:
    """What somebody else than the user did to the user's trading."""

    who: str
    at: datetime
    reason: str
    effect: str


def _of_account(account: TradingAccount) -> Q:
    return (
        Q(scope=Halt.Scope.SITE)
        | Q(scope=Halt.Scope.VENUE, venue=account.venue)
        | Q(scope=Halt.Scope.USER, user_id=account.owner_id)
        | Q(scope=Halt.Scope.ACCOUNT, account=account)
    )


def halts_in_force(account: TradingAccount) -> QuerySet[Halt]:
    """The account's own halts and those of its owner, its venue and the site, newest first."""
    return Halt.objects.filter(_of_account(account), released_at=None).select_related("by")


def halts_of(user: User) -> QuerySet[Halt]:
    """Every halt, in force or over, that touched one of the user's accounts."""
    venues = TradingAccount.objects.filter(owner=user).values("venue")
    return Halt.objects.filter(
        Q(scope=Halt.Scope.SITE) | Q(scope=Halt.Scope.VENUE, venue__in=venues) | Q(user=user) | Q(account__owner=user)
    ).select_related("by", "released_by", "account")


def may_release(user: User, halt: Halt) -> bool:
    """A user lets go of what holds only his own account, unless an operator or a circuit breaker pulled it."""
    own = halt.scope in (Halt.Scope.ACCOUNT, Halt.Scope.USER) and not halt.breaker
    return own and (halt.by_id is None or halt.by_id == user.pk)


def stops(user: User, halts: Iterable[Halt]) -> list[Stop]:
    """A pause of the user, and those of the halts in force that the user did not pull."""
    found = []
    if user.paused_at:
        found.append(Stop("an operator", user.paused_at, user.paused_reason, "Your bots make no entries; exits go on"))
    for halt in halts:
        if halt.by_id != user.pk:
            who = "an operator" if halt.by_id else "the platform"
            found.append(Stop(who, halt.at, halt.reason, halt.get_level_display()))
    return found


def standings(accounts: Iterable[TradingAccount]) -> dict[int, Standing]:
    """What holds each account; a user paused by an operator counts as 'no entries'."""
    halts = list(Halt.objects.filter(released_at=None))
    return {account.pk: _standing(account, [halt for halt in halts if _touches(halt, account)]) for account in accounts}


def halt_level(account: TradingAccount) -> HaltLevel:
    return standings([account])[account.pk].level


def _standing(account: TradingAccount, halts: list[Halt]) -> Standing:
    paused = account.owner.paused_at is not None
    levels = [HaltLevel(halt.level) for halt in halts]
    return Standing(
        level=max([HaltLevel.ENTRIES if paused else HaltLevel.NONE, *levels]),
        operator=paused or any(halt.by_id not in (None, account.owner_id) for halt in halts),
    )


def _touches(halt: Halt, account: TradingAccount) -> bool:
    match halt.scope:
        case Halt.Scope.SITE:
            return True
        case Halt.Scope.VENUE:
            return halt.venue == account.venue
        case Halt.Scope.USER:
            return halt.user_id == account.owner_id
        case _:
            return halt.account_id == account.pk


def limits(accounts: Iterable[TradingAccount]) -> dict[int, RiskLimits]:
    """Each account's limits as the core takes them; the defaults where none were set."""
    rows = {policy.account_id: policy for policy in RiskPolicy.objects.filter(account__in=list(accounts))}
    return {account.pk: _limits(rows.get(account.pk)) for account in accounts}


def _limits(policy: RiskPolicy | None) -> RiskLimits:
    if policy is None:
        return RiskLimits()
    return RiskLimits(
        max_positions=policy.max_positions,
        max_position=policy.max_position,
        max_exposure=policy.max_exposure,
        daily_loss=policy.daily_loss,
        daily_loss_amount=policy.daily_loss_amount,
        max_age=policy.max_age,
        max_orders=policy.max_orders,
    )


def limit_changes(user: User) -> QuerySet[LimitChange]:
    """Every change of a limit of the user's accounts, newest first."""
    return LimitChange.objects.filter(account__owner=user).select_related("account", "by")
