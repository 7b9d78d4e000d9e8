"""How a user's live accounts stand with their exchange."""

from dataclasses import dataclass

from apps.accounts.models import TradingAccount, User
from apps.orders.reconciliation.models import Difference, Reconciled, RecoveryReport

NEWEST = 3  # reports of an account


@dataclass(frozen=True)
class Agreement:
    """``state`` None: nobody has reconciled the account yet. ``differences``: those that stay, open."""

    account: TradingAccount
    state: Reconciled | None
    differences: list[Difference]
    reports: list[RecoveryReport]


def agreements(user: User) -> list[Agreement]:
    """Of each live account of the user."""
    accounts = TradingAccount.objects.filter(owner=user, mode=TradingAccount.Mode.LIVE).order_by("pk")
    states = {state.account_id: state for state in Reconciled.objects.filter(account__in=accounts)}
    confirmed = Difference.objects.filter(account__in=accounts, resolved=None, confirmed__isnull=False).order_by("pk")
    open_rows = list(confirmed.exclude(how=Difference.How.IGNORED))
    return [
        Agreement(
            account, states.get(account.pk), [row for row in open_rows if row.account_id == account.pk],
            list(RecoveryReport.objects.filter(account=account)[:NEWEST]),
        )
        for account in accounts
    ]  # fmt: skip
