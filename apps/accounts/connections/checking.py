"""What the exchange says of a key, and what follows from it."""

from dataclasses import dataclass

from apps.accounts.models import ExchangeConnection
from exchanges.coinbase.trading import wallets
from exchanges.coinbase.trading.client import Client
from exchanges.coinbase.trading.wallets import Permissions
from exchanges.coinbase.values import Malformed
from exchanges.port import Balance, Fees, Rejected, Unavailable

State = ExchangeConnection.State
ADVICE = "make a key with View and Trade alone, and limit it to this machine's address"
TRANSFERS = f"the key must not be able to transfer money, was able to: {ADVICE}"
BLIND = f"the key must be able to view, was not: {ADVICE}"
WATCHES = "the key may not trade: the account is only watched"


@dataclass(frozen=True)
class Look:
    """What was found. ``reason`` in words, '' when all is well."""

    permissions: Permissions
    fees: Fees
    balances: dict[str, Balance]
    portfolio_name: str
    state: str
    reason: str


def look(client: Client, *, portfolio: str = "") -> Look:
    """Reads permissions, and then what a key that may be used gives. ``portfolio``: the one it must be bound to.

    Raises Unavailable, KeyDenied of a key that the exchange does not take.
    """
    try:
        found = wallets.permissions(client)
        state, reason = judged(found, portfolio)
        if state == State.REFUSED:
            return Look(found, NO_FEES, {}, "", state, reason)
        names = wallets.portfolios(client)
        return Look(
            found, wallets.fees(client), wallets.balances(client), names.get(found.portfolio, ""), state, reason
        )
    except (Malformed, Rejected) as error:
        raise Unavailable(str(error)) from error


def judged(found: Permissions, portfolio: str = "") -> tuple[str, str]:
    """The state that permissions make, and why."""
    if found.transfer:
        return State.REFUSED, TRANSFERS
    if not found.view:
        return State.REFUSED, BLIND
    if portfolio and found.portfolio != portfolio:
        return State.REFUSED, "the key must be bound to the portfolio it was connected with, was bound to another"
    if not found.trade:
        return State.READ_ONLY, WATCHES
    return State.OK, ""


NO_FEES = Fees(maker=wallets.ZERO, taker=wallets.ZERO, tier="")
