"""Bots as JSON: what one is told, how it stands, what it made."""

from typing import Any

from rest_framework import serializers

from apps.accounts.api.own import AccountField
from apps.bots.controls import CONTROLS, RECOVERIES, SIZE_MODES
from apps.bots.models import Bot, BotVersion
from apps.bots.services import NAME_LENGTH
from apps.markets.serializers import Timeframe
from apps.operations.api.fields import Amount, Input, Number, Ratio
from engine.strategies.registry import REGISTRY
from engine.temperature import Temperature

PARAMS = {"fast": 10, "slow": 30, "stop": 0.02, "target": 0.05, "hold": 0}
CONTROLS_EXAMPLE = {
    "size_mode": "equity", "size": 0.05, "confirmation": 0, "cooldown": 0, "step": 0.0, "min_confidence": 0.7,
    "recovery": "resume",
}  # fmt: skip
BOT = {
    "id": 12, "name": "Morning cross", "account": 3, "venue": "replay", "product": "BTC-USD", "state": "running",
    "state_reason": "", "held": "", "state_since": "2026-01-01T12:00:00Z", "strategy": "ma_cross", "version": 2,
    "timeframe": "15m", "params": PARAMS, "controls": CONTROLS_EXAMPLE, "temperature": "cool",
    "reason": "No entry: the fast average of 9,871.22 is not above the slow one of 9,874.03.",
    "decided": "2020-02-10T14:00:00Z",
    "result": {"pnl": "12.4071", "trades": 3, "wins": 2, "win_rate": 0.6667, "fees": "3.62", "open_pnl": None},
    "created": "2026-01-01T11:00:00Z",
}  # fmt: skip


class ControlsSerializer(Input):
    """Trade controls; those left out keep their value, or their default in a new bot."""

    size_mode = serializers.ChoiceField(list(SIZE_MODES), required=False)
    recovery = serializers.ChoiceField(
        list(RECOVERIES), required=False, help_text="What it does when its account was left alone for long."
    )

    def get_fields(self) -> dict[str, Any]:
        bounds = {
            control.name: Number(
                min_value=control.minimum, max_value=control.maximum, required=False, help_text=control.help
            )
            for control in CONTROLS
        }
        return {**super().get_fields(), **bounds}


class BotCreate(Input):
    """What a new bot is told. Parameters are those of the strategy: `GET /strategies/`."""

    account = AccountField()
    product = serializers.CharField(max_length=32, help_text="Symbol at the account's venue: BTC-USD.")
    name = serializers.CharField(max_length=NAME_LENGTH)
    strategy = serializers.ChoiceField(list(REGISTRY))
    timeframe = Timeframe(required=False, help_text="At whose closes it decides; the strategy's own by default.")
    params = serializers.DictField(child=Number(), default=dict)
    controls = ControlsSerializer(default=dict)
    example = {
        "account": 3, "product": "BTC-USD", "name": "Morning cross", "strategy": "ma_cross", "timeframe": "15m",
        "params": {"fast": 10, "slow": 30, "stop": 0.02}, "controls": {"size_mode": "equity", "size": 0.05},
    }  # fmt: skip


class BotEdit(Input):
    """What changes; everything left out stays as it is."""

    name = serializers.CharField(max_length=NAME_LENGTH, required=False)
    timeframe = Timeframe(required=False)
    params = serializers.DictField(child=Number(), default=dict)
    controls = ControlsSerializer(default=dict)
    example = {"params": {"slow": 40}, "controls": {"cooldown": 900}}


class ReasonInput(Input):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    example = {"reason": "holidays"}


class StopInput(ReasonInput):
    position = serializers.ChoiceField(
        ["keep", "close"],
        help_text="`close` cancels the orders and sells at market; `keep` leaves both, looked after by nobody.",
    )
    example = {"position": "close", "reason": "holidays"}


class RollbackInput(Input):
    number = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    example = {"number": 1}


class ResultSerializer(serializers.Serializer[Any]):
    """Closed trades of the account's present run, in quote, net of fees."""

    pnl = Amount(source="result.pnl")
    trades = serializers.IntegerField(source="result.trades")
    wins = serializers.IntegerField(source="result.wins")
    win_rate = Ratio(source="result.win_rate", allow_null=True)
    fees = Amount(source="result.fees")
    open_pnl = Amount(allow_null=True, help_text="Of the open position; null when nothing is open or known.")


class BotSerializer(serializers.Serializer[Any]):
    """A bot (``BotRow``) with its last decision and its results."""

    id = serializers.IntegerField(source="bot.pk")
    name = serializers.CharField(source="bot.name")
    account = serializers.IntegerField(source="bot.account_id")
    venue = serializers.CharField(source="bot.product.venue")
    product = serializers.CharField(source="bot.product.symbol")
    state = serializers.ChoiceField(Bot.State.choices, source="bot.state")
    state_reason = serializers.CharField(source="bot.state_reason", allow_blank=True)
    state_since = serializers.DateTimeField(source="bot.state_since")
    held = serializers.CharField(source="bot.held", allow_blank=True, help_text="Why it cannot be started, if so.")
    strategy = serializers.CharField(source="bot.version.strategy")
    version = serializers.IntegerField(source="bot.version.number")
    timeframe = Timeframe(source="bot.version.timeframe")
    params = serializers.DictField(child=Number(), source="bot.version.params")
    controls = serializers.DictField(source="bot.version.controls")
    temperature = serializers.ChoiceField([word.value for word in Temperature])
    reason = serializers.CharField(help_text="The last decision in words.")
    decided = serializers.DateTimeField(source="evaluation.at", default=None, allow_null=True)
    result = ResultSerializer(source="*")
    created = serializers.DateTimeField(source="bot.created")
    example = BOT


class VersionSerializer(serializers.ModelSerializer[BotVersion]):
    """What a bot was told, by whom and when."""

    timeframe = Timeframe()
    params = serializers.DictField(child=Number())
    controls = serializers.DictField()
    changes = serializers.SerializerMethodField(help_text="Against the version before.")
    author = serializers.SerializerMethodField()
    example = {
        "number": 2, "strategy": "ma_cross", "strategy_version": 1, "timeframe": "15m", "params": PARAMS,
        "controls": CONTROLS_EXAMPLE, "changes": [{"field": "slow", "old": 30, "new": 40}], "author": "you@example.org",
        "created": "2026-01-01T12:00:00Z",
    }  # fmt: skip

    class Meta:
        model = BotVersion
        fields = (
            "number", "strategy", "strategy_version", "timeframe", "params", "controls", "changes", "author", "created",
        )  # fmt: skip
        read_only_fields = fields

    def get_changes(self, version: BotVersion) -> list[dict[str, Any]]:
        return [{"field": name, "old": old, "new": new} for name, old, new in version.diff]

    def get_author(self, version: BotVersion) -> str | None:
        return str(version.author) if version.author else None
