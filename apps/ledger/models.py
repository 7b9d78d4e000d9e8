"""Double entry: journal entries whose lines sum to zero per currency, and the balances and positions they make."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from apps.accounts.models import TradingAccount
from apps.ledger.holders import holder_words
from apps.markets.models import Product


def money(**options: object) -> models.DecimalField:
    """An exact amount: 20 digits before the point, 18 behind it."""
    return models.DecimalField(max_digits=38, decimal_places=18, **{"default": Decimal(0), **options})  # type: ignore[arg-type]


class Entry(models.Model):
    """One fact that moved money."""

    class Kind(models.TextChoices):
        DEPOSIT = "deposit", "Deposit"
        WITHDRAWAL = "withdrawal", "Withdrawal"
        FILL = "fill", "Fill"
        RESET = "reset", "Reset"

    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="entries")
    generation = models.PositiveIntegerField()
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    at = models.DateTimeField()  # market time of a fill, else wall time
    reference = models.CharField(max_length=80)  # 'fill:123', 'deposit:...': posting twice is refused
    memo = models.CharField(max_length=200, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [models.UniqueConstraint(fields=["account", "reference"], name="entry_once")]
        indexes = [models.Index(fields=["account", "seq"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference}"


class Line(models.Model):
    """One side of an entry. ``holder`` is the part of the account it belongs to: '' or 'bot-12'."""

    class Bucket(models.TextChoices):
        ASSETS = "assets", "Assets"  # what the account has
        OUTSIDE = "outside", "Outside"  # where deposits come from and withdrawals go
        TRADING = "trading", "Trading"  # the other side of every exchange of currencies
        FEES = "fees", "Fees"

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="lines")
    bucket = models.CharField(max_length=8, choices=Bucket)
    currency = models.CharField(max_length=12)
    amount = money()
    holder = models.CharField(max_length=32, blank=True)

    def __str__(self) -> str:
        return f"{self.bucket} {self.amount.normalize():f} {self.currency}"


class Balance(models.Model):
    """What the account has of a currency, and how much of it open orders hold."""

    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="balances")
    currency = models.CharField(max_length=12)
    total = money()
    held = money()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "currency"], name="balance_once"),
            models.CheckConstraint(condition=Q(held__gte=0), name="balance_held_not_negative"),
            models.CheckConstraint(condition=Q(total__gte=F("held")), name="balance_held_covered"),
        ]

    @property
    def free(self) -> Decimal:
        return self.total - self.held

    def __str__(self) -> str:
        return f"{self.total.normalize():f} {self.currency}"


class Hold(models.Model):
    """What one working order keeps of a balance."""

    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="holds")
    key = models.UUIDField(unique=True)  # the order's client_order_id
    currency = models.CharField(max_length=12)
    amount = money()  # what is left of it; 0 = released


class Position(models.Model):
    """A round trip of one holder in one product: open until its quantity is back at zero, then one of the trades."""

    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="positions")
    generation = models.PositiveIntegerField()
    holder = models.CharField(max_length=32)
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    quantity = money()  # held now, base
    bought = money()  # base
    bought_notional = money()  # quote, without fees
    sold = money()
    sold_notional = money()
    fees = money()  # quote, both sides
    opened = models.DateTimeField()  # market time of the first fill
    closed = models.DateTimeField(null=True, blank=True)  # market time of the last fill
    reason = models.CharField(max_length=16, blank=True)  # of the exit: 'stop', 'target', 'signal', ...
    # What the entry's signal asked for: distances from the entry as ratios, longest hold in seconds; 0 = none.
    stop = models.FloatField(default=0)
    target = models.FloatField(default=0)
    hold = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["account", "closed"]),
            models.Index(fields=["account", "holder", "-closed"], name="positions_of_holder"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "holder", "product"], condition=Q(closed__isnull=True), name="one_open_position"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="position_not_oversold"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} {self.product} of {self.holder or 'the account'}"

    @property
    def held_by(self) -> str:
        """Whose it is, for people, when no bot of today has it."""
        return holder_words(self.holder)

    @property
    def entry_price(self) -> Decimal:
        """Average price paid, quote per base."""
        return self.bought_notional / self.bought

    @property
    def exit_price(self) -> Decimal | None:
        """Average price received, quote per base; None before the first sale."""
        return self.sold_notional / self.sold if self.sold else None

    @property
    def pnl(self) -> Decimal | None:
        """Net result in quote after all fees; None while the position is open."""
        return self.sold_notional - self.bought_notional - self.fees if self.closed else None
