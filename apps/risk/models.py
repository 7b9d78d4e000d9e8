"""Hard limits and halts, as rows that orders and bots obey."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from apps.accounts.models import TradingAccount
from engine.kinds import HaltLevel

RATIO = [MinValueValidator(0), MaxValueValidator(1)]


class RiskPolicy(models.Model):
    """An account's limits. Zero switches a rule off. Defaults: docs/user-guide.md explains each."""

    account = models.OneToOneField(TradingAccount, on_delete=models.CASCADE, related_name="risk_policy")
    max_positions = models.PositiveIntegerField("open positions", default=5)
    max_position = models.FloatField("position size, ratio of equity", default=0.10, validators=RATIO)
    max_exposure = models.FloatField("exposure, ratio of equity", default=0.50, validators=RATIO)
    daily_loss = models.FloatField("daily loss, ratio of the day's opening equity", default=0.05, validators=RATIO)
    daily_loss_amount = models.FloatField("daily loss, quote", default=0, validators=[MinValueValidator(0)])
    max_age = models.PositiveIntegerField("stale data after, seconds", default=120)
    max_orders = models.PositiveIntegerField("orders a minute", default=60)

    class Meta:
        verbose_name_plural = "risk policies"

    def __str__(self) -> str:
        return f"limits of {self.account}"


class LimitChange(models.Model):
    """A change of one limit: a lower one is in force at once, a higher one waits until it is due. Never edited."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "In force"
        CANCELLED = "cancelled", "Cancelled"

    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="limit_changes")
    limit = models.CharField(max_length=32)  # field of RiskPolicy
    old = models.FloatField()
    new = models.FloatField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked = models.DateTimeField(auto_now_add=True)
    due = models.DateTimeField()  # wall time
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    ended = models.DateTimeField(null=True, blank=True)  # when it came into force or was cancelled

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "limit"], condition=Q(state="waiting"), name="limit_change_waits_once"
            )
        ]
        indexes = [models.Index(fields=["due"], condition=Q(state="waiting"), name="limit_changes_waiting")]

    def __str__(self) -> str:
        return f"{self.limit} {self.old:g} -> {self.new:g}"


class Halt(models.Model):
    """A pulled kill switch. In force until released; the history stays."""

    class Scope(models.TextChoices):
        SITE = "site", "The whole site"
        VENUE = "venue", "A venue"
        USER = "user", "A user"
        ACCOUNT = "account", "An account"

    LEVELS = [
        (HaltLevel.ENTRIES.value, "Stop entries; exits go on"),
        (HaltLevel.ORDERS.value, "Stop entries and cancel every order"),
        (HaltLevel.FLATTEN.value, "Cancel every order and sell every position"),
    ]

    scope = models.CharField(max_length=8, choices=Scope)
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    venue = models.CharField(max_length=32, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="halts"
    )
    account = models.ForeignKey(TradingAccount, null=True, blank=True, on_delete=models.CASCADE, related_name="halts")
    # Named when a circuit breaker pulled it, which alone lets go when its cause is gone.
    breaker = models.CharField(max_length=16, blank=True)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    released_reason = models.CharField(max_length=200, blank=True)
    swept = models.BooleanField(default=False)  # its cancels and sales have been made; a waiting row until then

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["scope"], condition=Q(released_at__isnull=True), name="halts_in_force")]

    def __str__(self) -> str:
        return f"{self.get_scope_display()}: {self.get_level_display()}"


class DayOpening(models.Model):
    """What an account was worth when a market day (UTC) began; the day's loss is measured against it."""

    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="day_openings")
    generation = models.PositiveIntegerField()
    session = models.BigIntegerField()  # market session: a recording plays the same days again
    day = models.DateField()
    equity = models.DecimalField(max_digits=38, decimal_places=18)  # quote; deposits of the day are added

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "generation", "session", "day"], name="day_opening_once")
        ]
