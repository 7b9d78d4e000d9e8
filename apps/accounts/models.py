"""People and their trading accounts."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from apps.accounts.zones import check_zone, zones

COST = [MinValueValidator(0), MaxValueValidator(Decimal("0.1"))]  # ratios of the notional


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        if not email:
            raise ValueError("email must be set")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Whoever can run commands on the machine need not prove an address by mail."""
        user = self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})
        user.confirm_address()
        return user


class User(AbstractUser):
    """Signs in with the e-mail address. A user paused by an operator keeps reading; the bots make no entries."""

    class Palette(models.TextChoices):
        STANDARD = "standard", "Teal up, red down"
        CLEAR = "clear", "Blue up, orange down: distinct with any colour vision"
        EAST = "east", "Red up, teal down"

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", "Comfortable"
        DENSE = "dense", "Dense"

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_reason = models.CharField(max_length=200, blank=True)
    # How pages look to this user; on the user because every page needs them.
    name = models.CharField(max_length=60, blank=True)
    time_zone = models.CharField(max_length=50, default="UTC", validators=[check_zone])
    palette = models.CharField(max_length=10, choices=Palette, default=Palette.STANDARD)
    density = models.CharField(max_length=12, choices=Density, default=Density.COMFORTABLE)
    reduced_motion = models.BooleanField(default=False)
    updates_paused = models.BooleanField(default=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []
    objects = UserManager()  # type: ignore[assignment,misc]

    class Meta(AbstractUser.Meta):
        permissions = [("pause_user", "Can pause and resume a user")]

    def __str__(self) -> str:
        return self.email

    def confirm_address(self) -> None:
        """Counts the e-mail address as proved."""
        known = {"primary": True, "verified": True}
        EmailAddress.objects.update_or_create(user=self, email=self.email, defaults=known)

    @property
    def zone(self) -> ZoneInfo:
        """The user's time zone; UTC when this machine no longer knows it."""
        return ZoneInfo(self.time_zone if self.time_zone in zones() else "UTC")


class ExchangeConnection(models.Model):
    """An API key of a user, bound to one portfolio. The key is encrypted: apps.accounts.connections.credentials."""

    class State(models.TextChoices):
        OK = "ok", "Connected"
        READ_ONLY = "read_only", "Read only"  # monitoring: the key may not trade
        REFUSED = "refused", "Refused"  # may do what no key here may, such as transfer money
        BROKEN = "broken", "Broken"  # the exchange does not take it any more

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="exchange_connections")
    label = models.CharField(max_length=60)
    venue = models.CharField(max_length=32)
    key_name = models.CharField(max_length=40)  # masked: its owner recognises it by its end
    portfolio = models.CharField(max_length=64, unique=True)  # uuid at the exchange
    portfolio_name = models.CharField(max_length=120, blank=True)
    can_trade = models.BooleanField(default=False)
    can_transfer = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.BROKEN)
    reason = models.CharField(max_length=300, blank=True)  # of a state that is not OK, in words
    fee_tier = models.CharField(max_length=60, blank=True)
    secret = models.TextField()  # encrypted
    checked = models.DateTimeField(null=True, blank=True)  # when its permissions were last read
    doubted = models.BooleanField(default=False)  # a call was refused since: to be checked soon
    last_used = models.DateTimeField(null=True, blank=True)  # to the minute
    # Real money moves only after the owner has typed YES.
    live_since = models.DateTimeField(null=True, blank=True)
    live_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["owner", "label"], name="connection_label_once")]

    def __str__(self) -> str:
        return f"{self.label} ({self.key_name})"

    @property
    def is_usable(self) -> bool:
        """Whether the exchange may be asked anything with it."""
        return self.state in (self.State.OK, self.State.READ_ONLY)


class TradingAccount(models.Model):
    """Money at one venue, in one valuation currency. Its row lock orders everything that happens to it."""

    class Mode(models.TextChoices):
        PAPER = "paper", "Paper"
        LIVE = "live", "Live"

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="trading_accounts")
    name = models.CharField(max_length=60)
    venue = models.CharField(max_length=32)  # 'replay', 'coinbase', ...: never mixed
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.PAPER)
    currency = models.CharField(max_length=12, default="USD")
    seq = models.BigIntegerField(default=0)  # the account's only cursor for readers; every commit takes the next
    generation = models.PositiveIntegerField(default=1)  # rises with each reset; rows of earlier ones are history
    # Costs of the paper exchange, ratios; SEMANTICS 4 dates the default profile.
    fee_maker = models.DecimalField(max_digits=8, decimal_places=6, default=Decimal("0.006"), validators=COST)
    fee_taker = models.DecimalField(max_digits=8, decimal_places=6, default=Decimal("0.006"), validators=COST)
    slippage = models.DecimalField(max_digits=8, decimal_places=6, default=Decimal("0.0002"), validators=COST)
    # Of a live account; the connection goes when its owner deletes it, the portfolio stays the account's.
    portfolio = models.CharField(max_length=64, blank=True)
    connection = models.OneToOneField(
        ExchangeConnection, null=True, blank=True, on_delete=models.SET_NULL, related_name="account"
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="trading_account_name_once"),
            models.UniqueConstraint(
                fields=["owner", "portfolio"], condition=~models.Q(portfolio=""), name="trading_account_portfolio_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_mode_display()})"


class AccessToken(models.Model):
    """A secret with which a script acts for its user. Only its digest is kept: nobody can read it again."""

    class Scope(models.TextChoices):
        READ = "read", "Read"
        TRADE = "trade", "Read and trade"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="access_tokens")
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=16)  # how its owner recognises it; tells nothing of the rest
    digest = models.CharField(max_length=64, unique=True)  # SHA-256: the secret is too random to be guessed
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.READ)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(null=True, blank=True)
    revoked = models.DateTimeField(null=True, blank=True)
    last_used = models.DateTimeField(null=True, blank=True)  # to the minute

    class Meta:
        ordering = ["-created", "-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_expired(self) -> bool:
        return self.expires is not None and self.expires <= timezone.now()

    def allows(self, scope: str) -> bool:
        """Whoever may trade may read."""
        return scope == self.Scope.READ or self.scope == self.Scope.TRADE
