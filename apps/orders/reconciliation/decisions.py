"""What people decide about differences. Each is audited with its reason; money moves by ordinary entries alone."""

from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.accounts.locks import lock_account, next_seq
from apps.accounts.models import TradingAccount, User
from apps.ledger.amounts import kept
from apps.ledger.models import Balance, Entry
from apps.ledger.positions import NO_WISHES, open_position, position_apply
from apps.ledger.services import NewLine, entry_post, fill_lines, transfer_lines
from apps.markets.models import Product
from apps.operations import audit
from apps.operations.hints import hint
from apps.orders.changes import order_move
from apps.orders.models import Order
from apps.orders.reconciliation.differences import ONCE, How, breaker_set
from apps.orders.reconciliation.models import Difference, Kind
from apps.risk.models import DayOpening
from engine.orders.states import OrderState

LONGEST = 300
ACCOUNT = ""  # coins that belong to no holder's position
HOLDERS = {ACCOUNT: "the account's own: balances move, no position does", "manual": "its owner's position by hand"}


@transaction.atomic
def foreign_accept(*, difference: Difference, holder: str, by: User | None, reason: str) -> Difference:
    """Posts a foreign trade to the ledger: of the account itself, or of its owner's position by hand."""
    if holder not in HOLDERS:
        raise ValidationError({"holder": f"must be one of {', '.join(map(repr, HOLDERS))}, was {holder!r}"})
    row, account = _open(difference, Kind.FOREIGN_TRADE)
    trade = row.detail
    product = Product.objects.filter(venue=account.venue, symbol=trade["symbol"]).first()
    if product is None:
        raise ValidationError({"symbol": f"must be a product of {account.venue}, was {trade['symbol']}"})
    quantity, price, fee = (Decimal(trade[name]) for name in ("quantity", "price", "fee"))
    if holder and trade["side"] == "sell":
        position = open_position(account, holder, product)
        has = position.quantity if position else Decimal(0)
        if has < quantity:
            words = f"must have a position of at least {quantity.normalize():f}, had {has.normalize():f}"
            raise ValidationError({"holder": words})
    notional, at = kept(price * quantity), datetime.fromisoformat(trade["at"])
    lines = fill_lines(
        side=trade["side"], base=product.base, quote=product.quote, quantity=quantity, notional=notional, fee=fee,
        fee_currency=trade["fee_currency"], holder=holder,
    )  # fmt: skip
    _post(account, row, Entry.Kind.FILL, at, lines)
    row.detail |= {"holder": holder, "seq": account.seq, "generation": account.generation}
    if holder:
        position_apply(
            account=account, holder=holder, product=product, side=trade["side"], quantity=quantity, notional=notional,
            fee=fee, at=at, reason="foreign", wishes=NO_WISHES,
        )  # fmt: skip
    return _decided(account, row, "difference.accept", by, reason, as_=holder or "account")


@transaction.atomic
def balance_accept(*, difference: Difference, by: User | None, reason: str) -> Difference:
    """Posts what a balance differs by as a deposit or a withdrawal: it is no gain and no loss."""
    row, account = _open(difference, Kind.BALANCE, Kind.DUST)
    amount = Decimal(row.detail["gap"])
    kind = Entry.Kind.DEPOSIT if amount > 0 else Entry.Kind.WITHDRAWAL
    _post(account, row, kind, timezone.now(), transfer_lines(currency=row.subject, amount=amount))
    if row.subject == account.currency:
        openings = DayOpening.objects.filter(account=account, generation=account.generation)
        if newest := openings.order_by("-session", "-day").first():
            DayOpening.objects.filter(pk=newest.pk).update(equity=F("equity") + amount)
    return _decided(account, row, "difference.accept", by, reason, as_=str(kind))


@transaction.atomic
def never_placed(*, difference: Difference, by: User | None, reason: str) -> Difference:
    """Ends an order that the exchange does not know, and frees what it held."""
    row, account = _open(difference, Kind.UNKNOWN_OUTCOME)
    order = Order.objects.select_related("product").filter(pk=row.order_id or 0).first()
    if order is None or order.state != OrderState.NOT_FOUND:
        raise ValidationError({"order": f"must be not found, was {order.state if order else 'gone'}"})
    order_move(account, order, OrderState.REJECTED, "reconciled", f"never placed, says {by or 'an operator'}: {reason}")
    return _decided(account, row, "difference.never_placed", by, reason)


@transaction.atomic
def ignore(*, difference: Difference, by: User | None, reason: str) -> Difference:
    """Alarms nobody any more, as long as it stays as it is; nothing is posted."""
    row, account = _open(difference, *Kind)
    row.how, row.by, row.note = How.IGNORED, by, _why(reason)
    if row.kind in ONCE:
        row.resolved = timezone.now()
    row.save(update_fields=["how", "by", "note", "resolved"])
    _told(account, row, "difference.ignore", by, reason)
    return row


@transaction.atomic
def note(*, difference: Difference, by: User | None, reason: str) -> Difference:
    """Keeps a remark for whoever decides."""
    row, account = _open(difference, *Kind)
    row.note = _why(reason)
    row.save(update_fields=["note"])
    _told(account, row, "difference.note", by, reason)
    return row


def _open(difference: Difference, *kinds: Kind) -> tuple[Difference, TradingAccount]:
    account = lock_account(difference.account_id)
    row = Difference.objects.select_for_update(of=("self",)).get(pk=difference.pk)
    if row.resolved is not None:
        raise ValidationError({"difference": f"must be open, was resolved: {row.get_how_display().lower()}"})
    if row.kind not in kinds:
        names = " or ".join(kind.label.lower() for kind in kinds)
        raise ValidationError({"difference": f"must be a {names}, was a {row.get_kind_display().lower()}"})
    return row, account


def _why(reason: str) -> str:
    if not 1 <= len(reason.strip()) <= LONGEST:
        raise ValidationError({"reason": f"must say why in 1 to {LONGEST} characters, had {len(reason.strip())}"})
    return reason.strip()


def _post(account: TradingAccount, row: Difference, kind: str, at: datetime, lines: list[NewLine]) -> None:
    """Posts an entry unless an asset would fall below what orders hold of it."""
    moved: dict[str, Decimal] = {}
    for line in lines:
        if line.bucket == "assets":
            moved[line.currency] = moved.get(line.currency, Decimal(0)) + line.amount
    for currency, amount in moved.items():
        free = sum((balance.free for balance in Balance.objects.filter(account=account, currency=currency)), Decimal(0))
        if amount < -free:
            words = f"must be at most what is free, {free.normalize():f} {currency}, was {-amount.normalize():f}"
            raise ValidationError({"amount": f"{words}: cancel the orders that hold it"})
    next_seq(account)
    account.save(update_fields=["seq"])
    entry_post(account=account, kind=kind, at=at, reference=f"difference:{row.pk}", lines=lines, memo=str(row)[:200])


def _decided(
    account: TradingAccount, row: Difference, action: str, by: User | None, reason: str, **detail: str
) -> Difference:
    row.resolved, row.how, row.by, row.note = timezone.now(), How.ACCEPTED, by, _why(reason)
    row.save(update_fields=["resolved", "how", "by", "note", "detail"])
    _told(account, row, action, by, reason, **detail)
    return row


def _told(account: TradingAccount, row: Difference, action: str, by: User | None, reason: str, **detail: str) -> None:
    breaker_set(account)
    audit.record(actor=by, action=action, target=row, reason=reason, detail=detail)
    hint(account.owner_id, "accounts", "positions", "overview", "halts")
