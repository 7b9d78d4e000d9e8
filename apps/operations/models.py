"""The audit trail, the ownership of processes of which only one may act, and requests that must not act twice."""

from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """Who did what to which thing, when, from where and why. Never edited."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    actor_label = models.CharField(max_length=254)  # stays readable when the user is gone
    action = models.CharField(max_length=64, db_index=True)  # 'bot.pause', 'halt.site', ...
    target_type = models.CharField(max_length=64, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    target_label = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "audit trail"
        indexes = [models.Index(fields=["target_type", "target_id"], name="audit_of_target")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_label} {self.action} {self.target_label}"


class Ownership(models.Model):
    """Which process owns a task; every take-over bumps the epoch, and writes of an older epoch are refused."""

    name = models.CharField(max_length=64, unique=True)
    epoch = models.BigIntegerField(default=0)
    holder = models.CharField(max_length=100, blank=True)
    since = models.DateTimeField(null=True, blank=True)
    beat = models.DateTimeField(null=True, blank=True)  # wall time of the owner's last sign of life

    class Meta:
        verbose_name_plural = "ownership"

    def __str__(self) -> str:
        return f"{self.name} #{self.epoch}"


class Counter(models.Model):
    """A figure that only grows, carried on by the clock from rows that were already counted."""

    metric = models.CharField(max_length=64)
    labels = models.JSONField(default=dict)
    value = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["metric", "labels"], name="counter_once")]

    def __str__(self) -> str:
        return f"{self.metric}{self.labels} = {self.value}"


class CounterCursor(models.Model):
    """Up to which row a counter has counted."""

    metric = models.CharField(max_length=64, unique=True)
    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.metric} up to {self.last}"


class IdempotentRequest(models.Model):
    """A request under a key of its caller, and the answer it got: the same key gives the same answer for a day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)  # SHA-256 of what was asked
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)  # JSON as it was sent
    location = models.CharField(max_length=200, blank=True)
    created = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"{self.key} of user {self.user_id}"
