"""Whether real money may move: the owner's second factor, a key that trades and cannot transfer, and a typed YES."""

from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import ExchangeConnection, TradingAccount, User
from apps.operations import audit
from apps.operations.hints import hint

SURE = "YES"


@transaction.atomic
def live_begin(*, connection: ExchangeConnection, by: User, sure: str) -> ExchangeConnection:
    """Lets orders of the connection's account go out. ValidationError names what is missing."""
    row = ExchangeConnection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    if missing := _missing(row):
        raise ValidationError({"connection": missing})
    if sure.strip() != SURE:
        raise ValidationError({"sure": f"must be {SURE}, was {sure.strip()[:20]!r}"})
    if row.live_since is None:
        row.live_since, row.live_by = timezone.now(), by
        row.save(update_fields=["live_since", "live_by"])
        audit.record(actor=by, action="connection.live", target=row)
        hint(row.owner_id, "connections", "overview", "accounts", "bots")
    return row


@transaction.atomic
def live_end(*, connection: ExchangeConnection, by: User) -> None:
    """No entries any more until YES is typed again; sales and cancels still go out."""
    if (
        ExchangeConnection.objects.filter(pk=connection.pk)
        .exclude(live_since=None)
        .update(live_since=None, live_by=None)
    ):
        audit.record(actor=by, action="connection.live_end", target=connection)
        hint(connection.owner_id, "connections", "overview", "accounts", "bots")


def entry_refusal(account: TradingAccount) -> str:
    """Why an account may make no entries with real money; '' when it may, and for paper accounts."""
    if account.mode != TradingAccount.Mode.LIVE:
        return ""
    if account.connection is None:
        return "the account has no connection to its exchange any more"
    if missing := _missing(account.connection):
        return missing
    if account.connection.live_since is None:
        return f"live trading must be confirmed, was not: type {SURE} on the connection's page"
    return ""


def _missing(connection: ExchangeConnection) -> str:
    if connection.state != ExchangeConnection.State.OK:
        return f"the connection must be connected, was {connection.get_state_display().lower()}: {connection.reason}"
    if connection.can_transfer or not connection.can_trade:
        return "the key must be able to trade and unable to transfer"
    if not is_mfa_enabled(connection.owner):
        return "two-factor sign-in must be on for live trading, was off"
    return ""
