"""Orders, their events and fills. An order row is committed before anything is said to an exchange."""

from decimal import Decimal

from django.db import models
from django.db.models import Q

from apps.accounts.models import TradingAccount
from apps.ledger.models import Position, money
from apps.markets.models import Product
from apps.orders.reconciliation.models import Difference, Reconciled, RecoveryReport
from engine.kinds import OrderKind, PlanKind, TimeInForce
from engine.orders.states import OrderState
from engine.plans.definitions import DEFINITIONS

__all__ = [
    "Difference", "ExchangeCursor", "Fill", "Order", "OrderEvent", "OrderGroup", "ProductCursor", "Reconciled",
    "RecoveryReport", "Side",
]  # fmt: skip


class Side(models.TextChoices):
    BUY = "buy", "Buy"
    SELL = "sell", "Sell"


class OrderGroup(models.Model):
    """A plan that makes orders as the market and its orders go on: OCO, bracket, trailing stop, iceberg, ...

    The row, the core's memory and the orders it asked for change in one transaction. Quantities in base.
    """

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    KINDS = [(kind.value, kind.name.capitalize()) for kind in PlanKind]

    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="order_groups")
    generation = models.PositiveIntegerField()
    holder = models.CharField(max_length=32)  # whose coins it moves: 'manual'
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="children")
    request = models.CharField(max_length=100)  # names the cause: the same one makes no second group
    kind = models.PositiveSmallIntegerField(choices=KINDS)
    side = models.CharField(max_length=4, choices=Side)
    quantity = money()
    params = models.JSONField(default=dict)  # as engine.plans.validate gives them
    memory = models.BinaryField(default=b"", blank=True)  # PLAN_STATE of engine.records
    protects = money()  # base that its stop covers, resting at the exchange or watched here
    position = models.BigIntegerField(default=0)  # of the last market event it saw
    changed = models.BooleanField(default=False)  # one of its orders changed and it has not seen how
    stopping = models.BooleanField(default=False)  # it comes to its end: over when none of its orders works
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    message = models.CharField(max_length=300, blank=True)  # why it ends, in words
    paused = models.CharField(max_length=300, blank=True)  # why it waits with what it would buy, in words
    correlation_id = models.CharField(max_length=64, blank=True, db_index=True)
    seq = models.BigIntegerField(default=0)  # account_seq of the last change
    created = models.DateTimeField(auto_now_add=True)
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_group_quantity_positive"),
            models.UniqueConstraint(fields=["account", "generation", "request"], name="order_group_once"),
        ]
        indexes = [
            models.Index(fields=["product", "position"], condition=Q(state="active"), name="order_groups_active"),
        ]

    def __str__(self) -> str:
        return f"{self.noun} #{self.pk} {self.side} {self.quantity.normalize():f} {self.product}"

    @property
    def noun(self) -> str:
        return DEFINITIONS[PlanKind(self.kind)].noun

    @property
    def title(self) -> str:
        return DEFINITIONS[PlanKind(self.kind)].title


class Order(models.Model):
    """One intent. Quantities in base, prices and funds in quote."""

    class Purpose(models.TextChoices):
        ENTRY = "entry", "Entry"
        EXIT = "exit", "Exit"  # sells at market: signal, max hold, by hand, halt
        PROTECT = "protect", "Protection"  # the resting stop and target of a position

    Side = Side
    KINDS = [(kind.value, kind.name.capitalize().replace("_", " ")) for kind in OrderKind]
    TIMES = [(force.value, force.name) for force in TimeInForce]
    STATES = [(state.value, state.value.replace("_", " ").capitalize()) for state in OrderState]

    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="orders")
    generation = models.PositiveIntegerField()
    holder = models.CharField(max_length=32)  # whose it is: 'bot-12'
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    client_order_id = models.UUIDField(unique=True)
    exchange_order_id = models.CharField(max_length=64, blank=True)
    purpose = models.CharField(max_length=8, choices=Purpose)
    reason = models.CharField(max_length=16, blank=True)  # why an exit: 'signal', 'max_hold', 'halt', ...
    side = models.CharField(max_length=4, choices=Side)
    kind = models.PositiveSmallIntegerField(choices=KINDS)
    quantity = money()
    limit_price = models.DecimalField(max_digits=38, decimal_places=18, null=True, blank=True)
    stop_price = models.DecimalField(max_digits=38, decimal_places=18, null=True, blank=True)
    funds = models.DecimalField(max_digits=38, decimal_places=18, null=True, blank=True)  # a buy never costs more
    time_in_force = models.PositiveSmallIntegerField(choices=TIMES, default=TimeInForce.GTC.value)
    post_only = models.BooleanField(default=False)  # refused where it would take
    expires = models.DateTimeField(null=True, blank=True)  # of GTD
    group = models.ForeignKey(OrderGroup, null=True, blank=True, on_delete=models.CASCADE, related_name="orders")
    leg = models.PositiveSmallIntegerField(default=0)  # of its group
    attempt = models.PositiveSmallIntegerField(default=0)  # of its leg, counted from 1
    # An edited order waits until the one it replaces is over, then asks for what that one left.
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="replacements")
    # The signal's wishes for the position an entry opens; see engine.records.SIGNAL.
    stop = models.FloatField(default=0)
    target = models.FloatField(default=0)
    hold = models.BigIntegerField(default=0)
    # A sale waits until the order it replaces is over, then takes what that one left.
    after = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="followers")
    evaluation_id = models.BigIntegerField(null=True, blank=True)  # no constraint: evaluations are partitioned
    correlation_id = models.CharField(max_length=64, blank=True, db_index=True)  # of its cause, in every log
    position = models.BigIntegerField(default=0)  # of the market event that caused it (engine.events)
    decided = models.DateTimeField()  # market time of that event

    state = models.CharField(max_length=12, choices=STATES, default=OrderState.PENDING.value)
    filled = money()
    filled_notional = money()
    fees = money()
    cancel_requested = models.BooleanField(default=False)
    edit = models.JSONField(null=True, blank=True)  # terms asked of the exchange and not known to hold there yet
    claim = models.UUIDField(null=True, blank=True)  # token of the worker that is sending it
    lease_until = models.DateTimeField(null=True, blank=True)
    queries = models.PositiveSmallIntegerField(default=0)  # look-ups of an unknown outcome
    message = models.CharField(max_length=300, blank=True)  # the refusal in words
    seq = models.BigIntegerField(default=0)  # account_seq of the last change
    created = models.DateTimeField(auto_now_add=True)
    submitted = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)
    deadline = models.DateTimeField(null=True, blank=True)  # wall time after which an unsent order is dropped

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_quantity_positive"),
            models.CheckConstraint(condition=Q(filled__lte=models.F("quantity")), name="order_not_overfilled"),
        ]
        indexes = [
            models.Index(fields=["account", "holder", "state"]),
            models.Index(fields=["account", "decided"]),
            models.Index(
                fields=["account"],
                condition=Q(state__in=["pending", "submitting", "open", "cancelling", "unknown"]),
                name="orders_working",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.side} {self.quantity.normalize():f} {self.product}"

    @property
    def bot_id(self) -> int | None:
        """The bot that holds it; None when it is nobody's or somebody else's."""
        return int(self.holder.removeprefix("bot-")) if self.holder.startswith("bot-") else None

    @property
    def remaining(self) -> Decimal:
        return self.quantity - self.filled

    @property
    def average_price(self) -> Decimal | None:
        """Average fill price, quote per base; None before the first fill."""
        return self.filled_notional / self.filled if self.filled else None


class OrderEvent(models.Model):
    """What happened to an order, in order. Never edited."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")
    seq = models.BigIntegerField()  # account_seq
    kind = models.CharField(max_length=24)  # 'created', 'submitting', 'accepted', 'fill', 'cancel requested', ...
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.from_state} -> {self.to_state}"


class Fill(models.Model):
    """A trade of an order, as the exchange reported it. Posted to the ledger in the same transaction."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="fills")
    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="fills")
    trade_id = models.CharField(max_length=64)
    position = models.BigIntegerField(default=0)  # of the event that filled it; 0 when the exchange has none
    at = models.DateTimeField(db_index=True)  # market time
    price = money()
    quantity = money()
    fee = money()
    fee_currency = models.CharField(max_length=12)
    maker = models.BooleanField(default=False)
    reason = models.CharField(max_length=8, blank=True)  # 'market', 'limit', 'stop', 'target'
    bar = models.PositiveSmallIntegerField(default=0)  # seconds of the bar that filled it on paper; 0 = a real trade
    seq = models.BigIntegerField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["account", "order", "trade_id"], name="fill_once")]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} at {self.price.normalize():f}"


class ExchangeCursor(models.Model):
    """How far an account's fills have been read, in the exchange's own numbering."""

    account = models.OneToOneField(TradingAccount, on_delete=models.CASCADE, related_name="exchange_cursor")
    fills = models.BigIntegerField(default=0)
    # Of an account at a real exchange, wall time: when its REST and its user channel last said something.
    read = models.DateTimeField(null=True, blank=True)
    heard = models.DateTimeField(null=True, blank=True)


class ProductCursor(models.Model):
    """How far a product's market has been read for an account: each product has a feed that goes at its own pace."""

    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="product_cursors")
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    caught_up = models.BigIntegerField()  # position of the product's last event whose fills are all posted

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "product"], name="product_cursor_once")]


class ProtectionGap(models.Model):
    """A stretch in which a position that was to have a stop was not wholly covered by one. Open until it is again."""

    position = models.ForeignKey(Position, on_delete=models.CASCADE, related_name="gaps")
    since = models.DateTimeField()  # wall time
    until = models.DateTimeField(null=True, blank=True)
    quantity = money()  # base without a stop, as last seen
    told = models.DateTimeField(null=True, blank=True)  # its owner was alerted

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["position"], condition=Q(until=None), name="one_open_gap_a_position")
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} of {self.position} without a stop"
