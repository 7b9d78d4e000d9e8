"""Which halts and limits an account must obey."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from apps.accounts.models import TradingAccount, User
from apps.risk.models import Halt, RiskPolicy
from engine.config import RiskLimits
from engine.kinds import HaltLevel


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


def halt_levels(accounts: Iterable[TradingAccount]) -> dict[int, HaltLevel]:
    """The strongest halt of each account; a user paused by an operator counts as 'no entries'."""
    halts = list(Halt.objects.filter(released_at=None))
    return {account.pk: _strongest(account, halts) for account in accounts}


def halt_level(account: TradingAccount) -> HaltLevel:
    return halt_levels([account])[account.pk]


def _strongest(account: TradingAccount, halts: list[Halt]) -> HaltLevel:
    level = HaltLevel.ENTRIES if account.owner.paused_at else HaltLevel.NONE
    for halt in halts:
        if _touches(halt, account):
            level = max(level, HaltLevel(halt.level))
    return level


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
    )
