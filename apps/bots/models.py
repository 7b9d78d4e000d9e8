"""Bots, the versions of what they were told, the batches of work and the decisions they made."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.accounts.models import TradingAccount
from apps.markets.models import MarketSession, Product
from engine.kinds import Action, Verdict


class Bot(models.Model):
    """One product, one strategy, one account."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"  # no entries, exits managed
        STOPPED = "stopped", "Stopped"  # nothing managed
        ERROR = "error", "Error"

    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="bots")
    name = models.CharField(max_length=60)
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    state = models.CharField(max_length=8, choices=State, default=State.STOPPED)
    state_reason = models.CharField(max_length=300, blank=True)
    state_since = models.DateTimeField(auto_now_add=True)
    # Set while an operator's pause is in force: only an operator lets the bot go on.
    held_since = models.DateTimeField(null=True, blank=True)
    held_reason = models.CharField(max_length=300, blank=True)
    version = models.ForeignKey("BotVersion", null=True, on_delete=models.RESTRICT, related_name="+")
    memory = models.BinaryField(default=bytes)  # engine.decide.memory_bytes; empty = a fresh start
    last_position = models.BigIntegerField(default=0)  # of the last market event decided on
    created = models.DateTimeField(auto_now_add=True)
    archived = models.DateTimeField(null=True, blank=True)  # deleted by its owner; what it did stays in the history

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "name"], condition=Q(archived__isnull=True), name="bot_name_once"
            ),
            models.CheckConstraint(
                condition=Q(archived__isnull=True) | Q(state="stopped"), name="archived_bot_stopped"
            ),
        ]
        permissions = [("switch_bot", "Can pause a bot, and start it again")]

    def __str__(self) -> str:
        return self.name

    @property
    def held(self) -> str:
        """What the owner of a bot that an operator paused is told; '' for any other."""
        if self.held_since is None:
            return ""
        why = f": “{self.held_reason}”" if self.held_reason else ""
        when = f"{self.held_since:%Y-%m-%d %H:%M} UTC"
        return f"An operator paused this bot at {when}{why}. Only an operator can let it go on."

    @property
    def holder(self) -> str:
        """The bot's name in orders, positions and ledger lines."""
        return f"bot-{self.pk}"


class BotVersion(models.Model):
    """What a bot was told, by whom and when. Never edited; a change or a roll-back makes a new one."""

    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    strategy = models.CharField(max_length=40)
    strategy_version = models.PositiveIntegerField()
    timeframe = models.IntegerField()  # seconds
    params = models.JSONField()
    controls = models.JSONField()  # fields of engine.config.BotSettings
    diff = models.JSONField(default=list)  # [[field, old, new], ...] against the version before
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["bot", "number"], name="bot_version_once")]

    def __str__(self) -> str:
        return f"{self.bot} v{self.number}"


class EvaluationBatch(models.Model):
    """Work that waits: the bots of one product and timeframe whose bar has closed."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        CLAIMED = "claimed", "Claimed"
        DONE = "done", "Done"

    session = models.ForeignKey(MarketSession, on_delete=models.CASCADE)
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    timeframe = models.IntegerField()  # seconds
    position = models.BigIntegerField()  # of the BAR event
    time = models.BigIntegerField()  # its close, seconds UTC
    part = models.PositiveIntegerField()  # at most 200 bots a part
    bot_ids = ArrayField(models.BigIntegerField())
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    claim = models.UUIDField(null=True, blank=True)  # fencing token of the worker at it
    lease_until = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "evaluation batches"
        constraints = [models.UniqueConstraint(fields=["product", "timeframe", "position", "part"], name="batch_once")]
        indexes = [models.Index(fields=["position"], condition=~Q(state="done"), name="batches_waiting")]

    @property
    def correlation_id(self) -> str:
        """In the log of everything that its decisions cause, whoever works it off and however often."""
        return f"batch-{self.pk}"


class Evaluation(models.Model):
    """One decision of one bot at one bar. Partitioned by market day; see engine.gates for the arrays."""

    VERDICTS = [(verdict.value, verdict.name.capitalize()) for verdict in Verdict]
    ACTIONS = [(action.value, action.name.capitalize()) for action in Action]

    day = models.DateField()  # UTC day of the bar's close; the partition key
    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="evaluations")
    version = models.ForeignKey(BotVersion, on_delete=models.CASCADE, related_name="+")
    position = models.BigIntegerField()  # of the BAR event; unique with the bot
    at = models.DateTimeField()  # market time: the bar's close
    seq = models.BigIntegerField()  # account_seq
    verdict = models.PositiveSmallIntegerField(choices=VERDICTS)
    action = models.PositiveSmallIntegerField(choices=ACTIONS)
    blocking = models.SmallIntegerField()  # first gate that blocks an entry, -1 = none
    passed = models.BigIntegerField()  # bit mask
    unknown = models.BigIntegerField()  # bit mask
    lots = models.BigIntegerField(default=0)
    price = models.FloatField()  # close
    score = models.FloatField()
    confidence = models.FloatField()
    operator_halt = models.BooleanField(default=False)  # a halt in force at that moment was an operator's
    refusal = models.CharField(max_length=300, blank=True)  # why the account could have no entries sent, in words
    values = ArrayField(models.FloatField())
    thresholds = ArrayField(models.FloatField())
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["bot", "position", "day"], name="evaluation_once")]
        indexes = [models.Index(fields=["bot", "-at"]), models.Index(fields=["bot", "seq"])]

    def __str__(self) -> str:
        return f"{self.bot_id} at {self.at:%Y-%m-%d %H:%M}: {self.get_verdict_display()}"
