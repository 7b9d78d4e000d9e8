"""Whatever happens to an account, its books agree with themselves and with plain arithmetic."""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.locks import lock_account, next_seq
from apps.ledger.amounts import kept
from apps.ledger.models import Balance, Entry, Hold, Line, Position
from apps.ledger.positions import NO_WISHES, position_apply
from apps.ledger.selectors import imbalance
from apps.ledger.services import entry_post, fill_lines, hold_reduce, hold_take, transfer_lines
from tradingsite.testing.market import make_product
from tradingsite.testing.people import make_account

pytestmark = pytest.mark.django_db
AT = datetime(2020, 2, 10, tzinfo=UTC)
# Up to 37 digits: money that Python's default precision of 28 would round.
AMOUNTS = st.integers(1, 10**37).map(lambda number: Decimal(number).scaleb(-18))
PARTS = st.integers(1, 1000).map(lambda number: Decimal(number) / 1000)
RATES = st.sampled_from([Decimal(0), Decimal("0.006"), Decimal("0.000001")])
STEPS = st.one_of(
    st.tuples(st.just("deposit"), AMOUNTS),
    st.tuples(st.just("buy"), AMOUNTS, PARTS, RATES),
    st.tuples(st.just("sell"), AMOUNTS, PARTS, RATES),
    st.tuples(st.just("hold"), PARTS),
    st.tuples(st.just("free"), PARTS),
    st.tuples(st.just("reset")),
)


class Books:
    """An account and, beside it, what it should have by arithmetic on plain numbers."""

    def __init__(self) -> None:
        self.product = make_product()
        self.account = lock_account(make_account(deposit="1").pk)
        self.total = defaultdict(Decimal, USD=Decimal(1))
        self.held: dict[UUID, Decimal] = {}
        self.spent = self.earned = self.fees = Decimal(0)
        self.closed: list[Decimal] = []

    @property
    def free(self) -> Decimal:
        return self.total["USD"] - sum(self.held.values())

    def post(self, kind, lines):
        next_seq(self.account)
        reference = f"{kind}:{self.account.seq}"
        entry_post(account=self.account, kind=kind, at=AT, reference=reference, lines=lines)

    def deposit(self, amount):
        if self.total["USD"] + amount < 10**20:
            self.post(Entry.Kind.DEPOSIT, transfer_lines(currency="USD", amount=amount))
            self.total["USD"] += amount

    def buy(self, price, part, rate):
        quantity = kept(self.free * part / price / (1 + rate))
        self._trade("buy", price, quantity, rate)

    def sell(self, price, part, rate):
        self._trade("sell", price, kept(self.total["BTC"] * part), rate)

    def _trade(self, side, price, quantity, rate):
        notional = kept(price * quantity)
        fee = kept(notional * rate)
        sign = 1 if side == "buy" else -1
        left = self.free - sign * notional - fee
        if not quantity or left < 0 or left > 10**19 or self.total["BTC"] + sign * quantity > 10**19:
            return
        lines = fill_lines(
            side=side, base="BTC", quote="USD", quantity=quantity, notional=notional, fee=fee, fee_currency="USD",
            holder="bot-1",
        )  # fmt: skip
        self.post(Entry.Kind.FILL, lines)
        position_apply(
            account=self.account, holder="bot-1", product=self.product, side=side, quantity=quantity,
            notional=notional, fee=fee, at=AT, reason="signal", wishes=NO_WISHES,
        )  # fmt: skip
        self.total["BTC"] += sign * quantity
        self.total["USD"] -= sign * notional + fee
        self.fees += fee
        if side == "buy":
            self.spent += notional
        else:
            self.earned += notional
        if not self.total["BTC"]:
            self.closed.append(self.earned - self.spent - self.fees)
            self.spent = self.earned = self.fees = Decimal(0)

    def hold(self, part):
        amount = kept(self.free * part)
        if amount:
            key = uuid4()
            hold_take(account=self.account, key=key, currency="USD", amount=amount)
            self.held[key] = amount

    def free_up(self, part):
        for key, amount in list(self.held.items())[:1]:
            given_back = kept(amount * part)
            hold_reduce(account=self.account, key=key, amount=given_back)
            self.held[key] -= given_back

    def reset(self):
        for key in list(self.held):
            hold_reduce(account=self.account, key=key)
            del self.held[key]
        Position.objects.filter(closed=None).delete()
        for currency in [currency for currency, total in self.total.items() if total]:
            self.post(Entry.Kind.RESET, transfer_lines(currency=currency, amount=-self.total[currency]))
            self.total[currency] = Decimal(0)
        self.spent = self.earned = self.fees = Decimal(0)

    def check(self):
        assert imbalance(self.account) == {}
        for balance in Balance.objects.filter(account=self.account):
            assets = Line.objects.filter(bucket=Line.Bucket.ASSETS, currency=balance.currency)
            assert balance.total == (assets.aggregate(sum=Sum("amount"))["sum"] or 0) == self.total[balance.currency]
            assert 0 <= balance.held <= balance.total
        assert Balance.objects.get(currency="USD").held == sum(self.held.values())
        assert (Hold.objects.aggregate(sum=Sum("amount"))["sum"] or 0) == sum(self.held.values())
        assert [position.pnl for position in Position.objects.exclude(closed=None).order_by("pk")] == self.closed
        if self.total["BTC"]:
            position = Position.objects.get(closed=None)
            assert (position.quantity, position.pnl) == (self.total["BTC"], None)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=12))
def test_the_books_agree_whatever_is_posted(db, steps):
    with transaction.atomic():
        books = Books()
        for name, *arguments in steps:
            getattr(books, "free_up" if name == "free" else name)(*arguments)
        books.check()
        transaction.set_rollback(True)
