"""Paper money: opening an account with a deposit, adding to it, and beginning anew with the history kept."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from apps.accounts.locks import lock_account, next_seq
from apps.accounts.models import TradingAccount, User
from apps.accounts.services import trading_account_open
from apps.ledger.amounts import kept
from apps.ledger.models import Balance, Entry, Line, Position
from apps.ledger.services import entry_post, transfer_lines
from apps.markets.models import Feed, MarketSession
from apps.operations import audit
from apps.operations.hints import hint
from apps.orders.services import orders_abandon
from apps.paper.services import book_clear
from apps.risk.models import DayOpening, RiskPolicy

START = Decimal("10000")
MOST = Decimal("100000000")  # a paper deposit beyond this teaches nothing
CENT = Decimal("0.01")


def amount_clean(raw: object, field: str = "amount") -> Decimal:
    """A deposit in quote currency. ValidationError when it is no number, not above zero, too large or below a cent."""
    try:
        amount = Decimal(str(raw).strip())
    except InvalidOperation:
        raise ValidationError({field: f"must be a number, was {raw!r}"}) from None
    if not amount.is_finite() or not 0 < amount <= MOST:
        raise ValidationError({field: f"must be above 0 and at most {MOST:,}, was {raw}"})
    if amount % CENT:
        raise ValidationError({field: f"must have at most 2 decimals, was {raw}"})
    return amount


@transaction.atomic
def paper_account_open(
    *, user: User, name: str = "Paper", venue: str, deposit: Decimal = START, by: User | None = None
) -> TradingAccount:
    """A paper account at a venue with its limits and its first deposit."""
    account = trading_account_open(user=user, name=name, venue=venue)
    RiskPolicy.objects.create(account=account)
    audit.record(actor=by or user, action="account.open", target=account)
    paper_deposit(account=account, amount=deposit, by=by or user)
    return account


@transaction.atomic
def paper_deposit(*, account: TradingAccount, amount: Decimal, by: User | None) -> Entry:
    """Adds play money. It is no gain: the day's opening equity rises with it."""
    amount = amount_clean(amount)
    locked = _locked_paper(account)
    before = deposited(locked)
    if before + amount > MOST:
        raise ValidationError({"amount": f"must keep all deposits within {MOST:,}, was {amount} beside {before:,.2f}"})
    entry = _transfer(locked, Entry.Kind.DEPOSIT, amount, f"deposit:{uuid4()}")
    newest = (
        DayOpening.objects.filter(account=locked, generation=locked.generation).order_by("-session", "-day").first()
    )
    if newest:
        DayOpening.objects.filter(pk=newest.pk).update(equity=F("equity") + amount)
    audit.record(actor=by, action="account.deposit", target=locked, detail={"amount": str(amount)})
    hint(locked.owner_id, "overview", "accounts", "positions")
    return entry


@transaction.atomic
def paper_account_reset(
    *, account: TradingAccount, by: User | None, reason: str, deposit: Decimal = START
) -> TradingAccount:
    """Ends the account's working orders and positions, empties it and deposits anew. Everything before is kept as an
    earlier generation; open positions close at the last price, with the reason 'reset'."""
    deposit = amount_clean(deposit, "deposit")
    locked = _locked_paper(account)
    orders_abandon(account=locked, why=f"account reset: {reason}")
    book_clear(account=locked)
    now = timezone.now()
    _value_positions(locked)
    for balance in Balance.objects.select_for_update().filter(account=locked).exclude(total=0):
        next_seq(locked)
        entry_post(
            account=locked, kind=Entry.Kind.RESET, at=now, reference=f"reset:{locked.generation}:{balance.currency}",
            lines=transfer_lines(currency=balance.currency, amount=-balance.total), memo=reason[:200],
        )  # fmt: skip
    locked.generation += 1
    locked.save(update_fields=["seq", "generation"])
    _transfer(locked, Entry.Kind.DEPOSIT, deposit, f"deposit:{uuid4()}")
    audit.record(actor=by, action="account.reset", target=locked, reason=reason)
    hint(locked.owner_id, "overview", "accounts", "positions", "trades", "orders", "bots")
    return locked


def deposited(account: TradingAccount) -> Decimal:
    """What was paid in, less what was paid out, since the account began or was last reset; its own currency."""
    paid = Line.objects.filter(
        entry__account=account, entry__generation=account.generation, currency=account.currency,
        entry__kind__in=[Entry.Kind.DEPOSIT, Entry.Kind.WITHDRAWAL], bucket=Line.Bucket.ASSETS,
    )  # fmt: skip
    return paid.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def _locked_paper(account: TradingAccount) -> TradingAccount:
    locked = lock_account(account.pk)
    if locked.mode != TradingAccount.Mode.PAPER:
        raise ValidationError({"account": "must be a paper account: live money is moved at the exchange"})
    return locked


def _transfer(account: TradingAccount, kind: str, amount: Decimal, reference: str) -> Entry:
    next_seq(account)
    account.save(update_fields=["seq"])
    lines = transfer_lines(currency=account.currency, amount=amount)
    return entry_post(account=account, kind=kind, at=timezone.now(), reference=reference, lines=lines)


def _value_positions(account: TradingAccount) -> None:
    """Closes open positions at the market's last price, or at their cost where there is none."""
    positions = Position.objects.filter(account=account, closed=None).select_related("product__feed__session")
    for position in positions:
        feed: Feed | None = getattr(position.product, "feed", None)
        price = Decimal(repr(feed.price)) if feed and feed.price else position.entry_price
        position.sold += position.quantity
        position.sold_notional += kept(position.quantity * price)
        position.quantity = Decimal(0)
        at = datetime.fromtimestamp(feed.market_time, position.opened.tzinfo) if feed else position.opened
        position.closed, position.reason = max(at, position.opened), "reset"
        position.save()


def session_restart(session: MarketSession, previous: MarketSession | None) -> None:
    """A recording begins anew: the venue's paper accounts too, each with what was deposited in it."""
    if previous is None:
        return
    for account in TradingAccount.objects.filter(venue=session.venue, mode=TradingAccount.Mode.PAPER).order_by("pk"):
        deposit = deposited(account) or START
        paper_account_reset(account=account, by=None, reason=f"{session.title} begins anew", deposit=deposit)
