"""Balances here against balances there, to the last digit. The ledger is never set right in silence."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from apps.accounts.models import TradingAccount
from apps.ledger.selectors import balances
from apps.markets.models import Product
from apps.orders.reconciliation.differences import Finding
from apps.orders.reconciliation.models import Difference, Kind
from exchanges.port import Balance

NOTHING = Decimal(0)


def balance_findings(account: TradingAccount, theirs: Mapping[str, Balance]) -> Iterator[Finding]:
    """Currencies of the locked account in which the exchange has another total than the ledger, less what foreign
    trades that wait for a decision explain."""
    ours = balances([account])[account.pk]
    explained = _explained(account)
    steps = _steps(account)
    for currency in sorted({*ours, *theirs}):
        here = ours[currency].total if currency in ours else NOTHING
        there = theirs[currency].total if currency in theirs else NOTHING
        gap = there - here - explained[currency]
        if gap:
            kind = Kind.DUST if currency not in steps or abs(gap) < steps[currency] else Kind.BALANCE
            yield Finding(
                kind,
                currency,
                f"{here.normalize():f}",
                f"{there.normalize():f}",
                detail={"gap": f"{gap.normalize():f}"},
            )


def _explained(account: TradingAccount) -> dict[str, Decimal]:
    """What the open foreign trades moved, by currency."""
    moved: dict[str, Decimal] = defaultdict(Decimal)
    trades = Difference.objects.filter(account=account, kind=Kind.FOREIGN_TRADE, resolved=None)
    for trade in trades.values_list("detail", flat=True):
        base, _, quote = trade["symbol"].partition("-")
        sign = 1 if trade["side"] == "buy" else -1
        quantity, price = Decimal(trade["quantity"]), Decimal(trade["price"])
        moved[base] += sign * quantity
        moved[quote] -= sign * quantity * price
        moved[trade["fee_currency"]] -= Decimal(trade["fee"])
    return moved


def _steps(account: TradingAccount) -> dict[str, Decimal]:
    """The smallest amount that trades, of each currency that is traded at the account's venue."""
    steps: dict[str, Decimal] = {}
    products = Product.objects.filter(venue=account.venue)
    for base, quote, step, tick in products.values_list("base", "quote", "base_increment", "quote_increment"):
        for currency, least in ((base, step), (quote, tick)):
            steps[currency] = min(least, steps.get(currency, least))
    return steps
