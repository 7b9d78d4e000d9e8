"""How old what we know of a real exchange is. Paper is never old."""

from datetime import datetime, timedelta

from django.utils import timezone

from apps.accounts.connections.sweeps import connection_doubt
from apps.accounts.models import TradingAccount
from apps.orders.models import ExchangeCursor
from exchanges.coinbase.trading.errors import KeyDenied
from exchanges.port import ExchangeError

STALE = timedelta(seconds=90)  # it is read once a minute at least
SILENT = timedelta(seconds=30)  # the user channel beats once a second, and is noted every ten


def was_read(account: TradingAccount) -> None:
    """The exchange has just answered."""
    if account.mode == TradingAccount.Mode.LIVE:
        ExchangeCursor.objects.filter(account=account).update(read=timezone.now())


def not_read(account: TradingAccount, error: ExchangeError) -> None:
    """The exchange has not answered; a key that it does not take is looked at soon."""
    if isinstance(error, KeyDenied) and account.connection is not None:
        connection_doubt(account.connection)


def troubles(account: TradingAccount, now: datetime) -> list[str]:
    """What the owner of a live account should know of how old its figures are, in words."""
    if account.mode != TradingAccount.Mode.LIVE or account.connection is None:
        return []
    cursor = ExchangeCursor.objects.filter(account=account).first()
    read, heard = (cursor.read, cursor.heard) if cursor else (None, None)
    found = []
    if read is None or now - read > STALE:
        found.append("The exchange has not answered for a while: orders and fills shown here may be old.")
    if heard is None or now - heard > SILENT:
        found.append("The exchange's live channel is silent: changes show a few seconds later.")
    return found
