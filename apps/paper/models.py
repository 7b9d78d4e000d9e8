"""The paper exchange's own book: what a real exchange would keep on its side."""

from django.db import models
from django.db.models import Q

from apps.accounts.models import TradingAccount
from apps.ledger.models import money
from apps.markets.models import Product


class PaperBook(models.Model):
    """One account's orders in one product; ``position`` is the last market event matched against them."""

    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="paper_books")
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    position = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "product"], name="paper_book_once")]


class PaperOrder(models.Model):
    """An order as the paper exchange accepted it. Sizes in lots, as the matching core counts them."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        FILLED = "filled", "Filled"
        CANCELLED = "cancelled", "Cancelled"
        EXPIRED = "expired", "Expired"
        REJECTED = "rejected", "Rejected"

    book = models.ForeignKey(PaperBook, on_delete=models.CASCADE, related_name="orders")
    client_order_id = models.UUIDField(unique=True)
    side = models.SmallIntegerField()  # engine.kinds.Side
    kind = models.PositiveSmallIntegerField()  # engine.kinds.OrderKind
    lots = models.BigIntegerField()
    filled = models.BigIntegerField(default=0)
    limit = models.FloatField(default=0)
    stop = models.FloatField(default=0)
    funds = models.FloatField(default=0)  # what is left of them
    asked = models.FloatField(default=0)  # the funds as they were on arrival
    arrival = models.BigIntegerField()  # event position on arrival: only later events match
    triggered = models.BooleanField(default=False)
    time_in_force = models.PositiveSmallIntegerField(default=0)  # engine.kinds.TimeInForce
    post_only = models.BooleanField(default=False)
    expires = models.BigIntegerField(default=0)  # market seconds UTC of a GTD, 0 = never
    resting = models.BooleanField(default=False)  # has seen an event: a limit order makes from now on
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    ended = models.BigIntegerField(null=True)  # the last event it could match before it was cancelled from outside
    edited = models.BooleanField(default=False)  # what it was before is not kept
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["book"], condition=Q(status="open"), name="paper_orders_open")]


class PaperFill(models.Model):
    """A trade on the paper exchange. Its id is the cursor of 'fills since'."""

    order = models.ForeignKey(PaperOrder, on_delete=models.CASCADE, related_name="fills")
    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE)
    position = models.BigIntegerField()
    time = models.BigIntegerField()  # market seconds UTC
    price = money()
    quantity = money()
    fee = money()
    maker = models.BooleanField(default=False)
    reason = models.CharField(max_length=8)
    bar = models.PositiveSmallIntegerField(default=60)  # seconds of the bar whose event filled it

    class Meta:
        indexes = [models.Index(fields=["account", "id"])]
