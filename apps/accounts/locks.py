"""The account lock: the one order in which everything happens to an account.

``no_key``: rows that only name the locked one may be written meanwhile. Else a commit, at which the database looks once
more at the account's owner and connection, waits for whoever has locked these, and they, perhaps, for the account.
"""

from collections.abc import Iterable

from apps.accounts.models import TradingAccount


def lock_account(account_id: int) -> TradingAccount:
    """Locks the account row until the transaction ends."""
    rows = TradingAccount.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("owner").get(pk=account_id)


def lock_accounts(account_ids: Iterable[int]) -> dict[int, TradingAccount]:
    """Locks several accounts in key order, so that two callers never wait for each other in a circle."""
    rows = TradingAccount.objects.select_for_update(of=("self",), no_key=True).select_related("owner")
    return {row.pk: row for row in rows.filter(pk__in=list(account_ids)).order_by("pk")}


def next_seq(account: TradingAccount) -> int:
    """The account's next sequence number; the caller holds the lock and saves ``seq`` before it commits."""
    account.seq += 1
    return account.seq
