"""Backtests that people ask for, and what came of them."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.backtests.states import OPEN, Stage, State
from apps.markets.models import MarketSession, Product

SHARES = {Stage.LOAD: (0.0, 0.1), Stage.SIMULATE: (0.1, 0.5), Stage.REPORT: (0.6, 0.4)}  # start and length of each


class Backtest(models.Model):
    """One strategy with its parameters on a stretch of recorded market. Everything asked for is fixed at its creation;
    ``claim`` is the fencing token of the worker that runs it (apps.backtests.queue)."""

    State = State
    Stage = Stage

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="backtests")
    name = models.CharField(max_length=80)
    strategy = models.CharField(max_length=40)
    strategy_version = models.PositiveIntegerField()
    params = models.JSONField()
    controls = models.JSONField()  # fields of engine.config.BotSettings
    market = models.CharField(max_length=120)  # key of apps.backtests.sources
    market_title = models.CharField(max_length=160)
    symbol = models.CharField(max_length=32)
    quote = models.CharField(max_length=12)
    rules = models.JSONField()  # increments and minimums as text, see engine.config.ProductRules
    product = models.ForeignKey(Product, null=True, on_delete=models.SET_NULL, related_name="+")  # of stored candles
    session = models.ForeignKey(MarketSession, null=True, on_delete=models.SET_NULL, related_name="+")
    timeframe = models.IntegerField()  # seconds, at whose closes it decides
    granularity = models.IntegerField()  # seconds of the bars that are played
    start = models.BigIntegerField()  # market seconds UTC; bars that open from here on ...
    end = models.BigIntegerField()  # ... and before this
    cash = models.DecimalField(max_digits=38, decimal_places=18)
    fee = models.DecimalField(max_digits=38, decimal_places=18)  # ratio of each fill's amount
    slippage = models.DecimalField(max_digits=38, decimal_places=18)  # ratio
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    stage = models.CharField(max_length=10, choices=Stage, blank=True)
    bars = models.PositiveIntegerField(default=0)  # to play, known once they are loaded
    bars_done = models.PositiveIntegerField(default=0)
    rate = models.FloatField(null=True)  # bars a second
    claim = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created"]
        indexes = [
            models.Index(fields=["created"], condition=Q(state__in=OPEN), name="backtests_open"),
            models.Index(fields=["user", "-created"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=State.RUNNING, claim__isnull=False, lease_until__isnull=False)
                | (~Q(state=State.RUNNING) & Q(claim__isnull=True)),
                name="backtest_claimed_while_running",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, finished__isnull=True) | (~Q(state__in=OPEN) & Q(finished__isnull=False)),
                name="backtest_finished_once_over",
            ),
            models.CheckConstraint(condition=Q(start__lt=models.F("end")), name="backtest_range"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """Its name in hints."""
        return f"backtest-{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def progress(self) -> float:
        """From 0 to 1."""
        if self.state == State.DONE:
            return 1.0
        first, length = SHARES.get(Stage(self.stage), (0.0, 0.0)) if self.stage else (0.0, 0.0)
        return first + (length * self.bars_done / self.bars if self.stage == Stage.SIMULATE and self.bars else 0.0)

    @property
    def elapsed(self) -> timedelta | None:
        """Wall time it has run for; None before."""
        return (self.finished or timezone.now()) - self.started if self.started else None

    @property
    def remaining(self) -> timedelta | None:
        """Wall time it will still need if it goes on as it did; None while that is anybody's guess."""
        if self.state != State.RUNNING or self.elapsed is None or not self.progress:
            return None
        return self.elapsed * (1 - self.progress) / self.progress


class BacktestResult(models.Model):
    """What a backtest gave. Figures are floats of the core: they are read, nothing is booked with them."""

    backtest = models.OneToOneField(Backtest, primary_key=True, on_delete=models.CASCADE, related_name="result")
    metrics = models.JSONField()  # engine.metrics.measure; null = undefined
    report = models.JSONField()  # apps.backtests.outcome
    arrays = models.BinaryField()  # apps.backtests.arrays: trades, equity, candles
    bars = models.PositiveIntegerField()
    seconds = models.FloatField()  # wall time of the run
    engine_version = models.CharField(max_length=40)
    data_hash = models.CharField(max_length=64)
    results_hash = models.CharField(max_length=64)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"result of {self.backtest_id}"
