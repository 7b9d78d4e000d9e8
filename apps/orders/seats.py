"""One process at a time works on a live account's orders; whoever was replaced says nothing more to the exchange."""

from apps.accounts.models import TradingAccount
from apps.operations.seats import Seats

seats = Seats("account")


def has_owner(account: TradingAccount) -> bool:
    """Whether the account is one that needs an owner: paper orders never leave the database."""
    return account.mode == TradingAccount.Mode.LIVE


def seat_check(account: TradingAccount) -> None:
    """In the transaction of a claim: raises Fenced where another process has taken the account over."""
    if has_owner(account):
        seats.check(account.pk)


def seat_held(account: TradingAccount) -> bool:
    """Asked right before something is said to the exchange."""
    return not has_owner(account) or seats.holds(account.pk)
