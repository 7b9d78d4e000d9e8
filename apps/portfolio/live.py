"""Accounts at a real exchange: what they begin with."""

from collections.abc import Mapping

from django.utils import timezone

from apps.accounts.locks import lock_account, next_seq
from apps.accounts.models import TradingAccount
from apps.ledger.amounts import kept
from apps.ledger.models import Entry
from apps.ledger.services import entry_post, transfer_lines
from apps.orders.recovery import cursor_begin
from apps.risk.models import RiskPolicy
from exchanges.coinbase.trading.rows import cursor_of
from exchanges.port import Balance


def live_account_open(account: TradingAccount, balances: Mapping[str, Balance]) -> None:
    """Limits, and in the ledger what the exchange holds: it belongs to nobody's position yet. What was traded before is
    in it."""
    RiskPolicy.objects.create(account=account)
    account = lock_account(account.pk)
    now = timezone.now()
    for currency, balance in sorted(balances.items()):
        if kept(balance.total) > 0:
            next_seq(account)
            entry_post(
                account=account, kind=Entry.Kind.DEPOSIT, at=now, reference=f"opening:{currency}",
                lines=transfer_lines(currency=currency, amount=kept(balance.total)), memo="held when it was connected",
            )  # fmt: skip
    account.save(update_fields=["seq"])
    cursor_begin(account, cursor_of(now))
