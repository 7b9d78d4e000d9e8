"""What accounts were worth over time."""

from django.conf import settings
from django.db import models

from apps.accounts.models import TradingAccount
from apps.ledger.models import money


class EquitySnapshot(models.Model):
    """Equity marked to market at a market time, in the account's valuation currency."""

    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="snapshots")
    generation = models.PositiveIntegerField()
    at = models.DateTimeField()  # market time
    equity = money()
    cash = money()
    deposited = money()  # paid in less paid out since the run began: what is no gain

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "generation", "at"], name="snapshot_once")]
        indexes = [models.Index(fields=["account", "generation", "equity"], name="snapshot_peak")]


class ChartPreference(models.Model):
    """How a user's charts open where the address does not say: bars of which length, with which indicators."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="chart_preference")
    interval = models.CharField(max_length=4)  # a key of markets.models.TIMEFRAMES
    indicators = models.JSONField(default=dict)  # fields of charts.indicators.IndicatorForm as they stand in an address
