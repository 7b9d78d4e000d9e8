"""Posting to the ledger. Every function wants the account row locked by the caller (apps.accounts.locks)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from apps.accounts.models import TradingAccount
from apps.ledger.amounts import check_amount
from apps.ledger.models import Balance, Entry, Hold, Line


class Unbalanced(Exception):
    """Lines of an entry do not sum to zero: a defect, never posted."""


class InsufficientFunds(Exception):
    """A hold asks for more than is free."""

    def __init__(self, currency: str, needed: Decimal, free: Decimal) -> None:
        super().__init__(f"{currency}: needs {needed.normalize():f}, {free.normalize():f} is free")


@dataclass(frozen=True)
class NewLine:
    bucket: str
    currency: str
    amount: Decimal
    holder: str = ""


def entry_post(
    *,
    account: TradingAccount,
    kind: str,
    at: datetime,
    reference: str,
    lines: Sequence[NewLine],
    memo: str = "",
) -> Entry:
    """Posts an entry under the account's current ``seq`` and moves the balances of its asset lines.

    Raises Unbalanced unless the amounts sum to zero per currency, TypeError or ValueError for an amount that is not
    exact, IntegrityError when the reference was posted before or an asset would fall below what orders hold of it.
    """
    _check(lines)
    entry = Entry.objects.create(
        account=account,
        generation=account.generation,
        seq=account.seq,
        kind=kind,
        at=at,
        reference=reference,
        memo=memo,
    )
    Line.objects.bulk_create(
        Line(entry=entry, bucket=line.bucket, currency=line.currency, amount=line.amount, holder=line.holder)
        for line in lines
        if line.amount
    )
    moved: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.bucket == Line.Bucket.ASSETS:
            moved[line.currency] += line.amount
    for currency in sorted(moved):
        balance = _balance(account, currency)
        balance.total += moved[currency]
        balance.save(update_fields=["total"])
    return entry


def _check(lines: Sequence[NewLine]) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        check_amount(line.amount)
        sums[line.currency] += line.amount
    wrong = {currency: amount for currency, amount in sums.items() if amount}
    if wrong:
        raise Unbalanced(f"lines must sum to zero per currency, were {wrong}")


def _balance(account: TradingAccount, currency: str) -> Balance:
    return Balance.objects.select_for_update().get_or_create(account=account, currency=currency)[0]


def hold_take(*, account: TradingAccount, key: UUID, currency: str, amount: Decimal) -> None:
    """Reserves an amount above zero for an order. Raises InsufficientFunds when less is free."""
    check_amount(amount)
    if amount <= 0:
        raise ValueError(f"amount must be above 0, was {amount}")
    balance = _balance(account, currency)
    if amount > balance.free:
        raise InsufficientFunds(currency, amount, balance.free)
    balance.held += amount
    balance.save(update_fields=["held"])
    Hold.objects.create(account=account, key=key, currency=currency, amount=amount)


def hold_reduce(*, account: TradingAccount, key: UUID, amount: Decimal | None = None) -> None:
    """Gives back a part of an order's hold, or all that is left of it when ``amount`` is None."""
    hold = Hold.objects.filter(key=key).first()
    if hold is None or not hold.amount:
        return
    freed = hold.amount if amount is None else min(amount, hold.amount)
    balance = _balance(account, hold.currency)
    balance.held -= freed
    balance.save(update_fields=["held"])
    hold.amount -= freed
    hold.save(update_fields=["amount"])


def hold_raise(*, account: TradingAccount, key: UUID, amount: Decimal) -> None:
    """Lets an order hold at least so much. Raises InsufficientFunds when less is free."""
    check_amount(amount)
    hold = Hold.objects.get(account=account, key=key)
    more = amount - hold.amount
    balance = _balance(account, hold.currency)
    if more > balance.free:
        raise InsufficientFunds(hold.currency, more, balance.free)
    if more > 0:
        balance.held += more
        balance.save(update_fields=["held"])
        hold.amount = amount
        hold.save(update_fields=["amount"])


def hold_lower(*, account: TradingAccount, key: UUID, amount: Decimal) -> None:
    """Lets an order hold at most so much."""
    hold = Hold.objects.get(account=account, key=key)
    if hold.amount > amount:
        hold_reduce(account=account, key=key, amount=hold.amount - amount)


def fill_lines(
    *,
    side: str,
    base: str,
    quote: str,
    quantity: Decimal,
    notional: Decimal,
    fee: Decimal,
    fee_currency: str,
    holder: str,
) -> list[NewLine]:
    """The lines of a trade: what came, what went, and the fee, each against its other side."""
    sign = 1 if side == "buy" else -1
    bucket = Line.Bucket
    return [
        NewLine(bucket.ASSETS, base, sign * quantity, holder),
        NewLine(bucket.TRADING, base, -sign * quantity, holder),
        NewLine(bucket.ASSETS, quote, -sign * notional, holder),
        NewLine(bucket.TRADING, quote, sign * notional, holder),
        NewLine(bucket.ASSETS, fee_currency, -fee, holder),
        NewLine(bucket.FEES, fee_currency, fee, holder),
    ]


def transfer_lines(*, currency: str, amount: Decimal) -> list[NewLine]:
    """Money from outside into the account; a negative amount takes it out."""
    return [NewLine(Line.Bucket.ASSETS, currency, amount), NewLine(Line.Bucket.OUTSIDE, currency, -amount)]
