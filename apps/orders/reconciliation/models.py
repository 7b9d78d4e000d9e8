"""What differs between our rows and the exchange's, how an account stands with it, and what recoveries found."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.accounts.models import TradingAccount


class Kind(models.TextChoices):
    MISSED_FILL = "missed_fill", "Missed fill"  # of an order of ours, not posted in time
    EXTERNAL_ORDER = "external_order", "External order"  # works at the exchange, nobody here placed it
    UNKNOWN_OUTCOME = "unknown_outcome", "Unknown outcome"  # of an order of ours: there otherwise than here
    FOREIGN_TRADE = "foreign_trade", "Foreign trade"  # of an order that nobody here placed
    CORRECTION = "correction", "Correction"  # the exchange took a trade back or changed it afterwards
    BALANCE = "balance", "Balance"  # ledger and exchange differ, no open foreign trade explains it
    DUST = "dust", "Dust"  # the same, by less than can be traded


class Difference(models.Model):
    """Something that the exchange shows otherwise than our rows. Open until it is gone, posted, or a person decided.

    One that a person chose to ignore stays open while the exchange shows it so, and alarms nobody.
    """

    Kind = Kind

    class How(models.TextChoices):
        POSTED = "posted", "Posted as an ordinary event"
        GONE = "gone", "Gone by itself"
        ACCEPTED = "accepted", "Accepted by a person"
        IGNORED = "ignored", "Ignored by a person"

    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="differences")
    kind = models.CharField(max_length=16, choices=Kind)
    subject = models.CharField(max_length=80)  # 'order #12', 'trade 7f..', 'USD'
    order = models.ForeignKey("orders.Order", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    ours = models.CharField(max_length=160)
    theirs = models.CharField(max_length=160)
    detail = models.JSONField(default=dict, blank=True)  # amounts as text, as a decision on it needs them
    since = models.DateTimeField()
    seen = models.DateTimeField()  # by the newest reconciliation that found it
    confirmed = models.DateTimeField(null=True, blank=True)  # it did not go away: it alarms from then on
    resolved = models.DateTimeField(null=True, blank=True)
    how = models.CharField(max_length=10, choices=How, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "subject"], condition=Q(resolved=None), name="difference_open_once"
            )
        ]
        indexes = [
            models.Index(fields=["account", "kind", "subject"], name="differences_of_subject"),
            models.Index(fields=["account"], condition=Q(resolved=None), name="differences_open"),
        ]
        permissions = [("decide_difference", "Can decide on a difference between ledger and exchange")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.subject}: here {self.ours}, there {self.theirs}"


class Reconciled(models.Model):
    """How a live account stands: under which ownership it was reconciled last, and when it is due again."""

    account = models.OneToOneField(TradingAccount, on_delete=models.CASCADE, related_name="reconciled")
    epoch = models.BigIntegerField(default=0)  # of the owner that did it; a later one does it anew before it trades
    waits = models.BooleanField(default=True)  # nothing is sent before the next run has succeeded
    at = models.DateTimeField(null=True, blank=True)  # of the newest run that succeeded
    due = models.DateTimeField(null=True, blank=True)  # None: now
    why = models.CharField(max_length=16, default="start")  # of the run that is due
    busy_until = models.DateTimeField(null=True, blank=True)  # a run is on its way
    fills = models.BigIntegerField(default=0)  # the exchange's cursor when the run before began: read again from here
    message = models.CharField(max_length=300, blank=True)  # why the newest run came to nothing

    class Meta:
        verbose_name_plural = "reconciled accounts"

    def __str__(self) -> str:
        return f"reconciliation of {self.account}"


class RecoveryReport(models.Model):
    """What a start, a reconnect or a command found and did. Never edited."""

    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="recovery_reports")
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    why = models.CharField(max_length=16)  # 'start', 'reconnect', 'by hand'
    epoch = models.BigIntegerField()
    seconds = models.FloatField()  # that it took
    away = models.FloatField(null=True)  # seconds since the reconciliation before; None: the first one
    found = models.JSONField(default=dict)  # what was read, by kind, and what differed
    done = models.JSONField(default=list)  # sentences
    sound = models.BooleanField()  # nothing is left that a person must decide

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.why} of {self.account} at {self.at:%Y-%m-%d %H:%M:%S}"
