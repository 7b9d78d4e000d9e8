"""Reading balances and positions."""

from collections.abc import Iterable

from django.db.models import QuerySet, Sum

from apps.accounts.models import TradingAccount, User
from apps.ledger.models import Balance, Entry, Line, Position


def positions(user: User) -> QuerySet[Position]:
    """Every position of the user's accounts, open and closed, this generation and earlier ones."""
    return Position.objects.filter(account__owner=user).select_related("account", "product")


def entries(user: User) -> QuerySet[Entry]:
    """Every entry of the user's accounts with its lines, earlier runs included."""
    return Entry.objects.filter(account__owner=user).prefetch_related("lines")


def balances(accounts: Iterable[TradingAccount]) -> dict[int, dict[str, Balance]]:
    """Balances by account id and currency."""
    rows: dict[int, dict[str, Balance]] = {account.pk: {} for account in accounts}
    for balance in Balance.objects.filter(account__in=rows.keys()):
        rows[balance.account_id][balance.currency] = balance
    return rows


def imbalance(account: TradingAccount) -> dict[str, object]:
    """Currencies in which the account's lines do not sum to zero; empty when the ledger is sound."""
    sums = Line.objects.filter(entry__account=account).values("currency").annotate(total=Sum("amount"))
    return {row["currency"]: row["total"] for row in sums if row["total"]}


def products_held(venue: str) -> QuerySet[Position, int]:
    """Ids of the venue's products in which somebody has a position."""
    held = Position.objects.filter(closed=None, product__venue=venue)
    return held.values_list("product_id", flat=True).distinct()
