"""What a bot is told: checked at the border, kept as versions that are never edited."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from apps.accounts.models import User
from apps.bots import controls as bot_controls
from apps.bots.models import Bot, BotVersion
from apps.markets.models import TIMEFRAMES, Product
from engine.strategies.base import ParameterError
from engine.strategies.registry import REGISTRY
from engine.strategies.validation import validate


@dataclass(frozen=True)
class Told:
    """A strategy with its timeframe in seconds, its parameters and the trade controls, all checked."""

    strategy: str
    timeframe: int
    params: dict[str, Any]
    controls: dict[str, Any]

    def diff(self, old: BotVersion | None) -> list[list[Any]]:
        """[field, old, new] of everything that changes."""
        if old is None:
            return []
        unsaid = {"recovery": bot_controls.RECOVERY}  # by versions of before there was a choice
        before = {"timeframe": old.timeframe, **old.params, **unsaid, **old.controls}
        after = {"timeframe": self.timeframe, **self.params, **self.controls}
        return [[name, before.get(name), value] for name, value in after.items() if before.get(name) != value]


def check(
    *, product: Product, strategy: str, timeframe: int, params: Mapping[str, Any], controls: Mapping[str, Any]
) -> Told:
    """What a bot of the product can be told. ValidationError names every field that breaks a rule, value and rule."""
    if strategy not in REGISTRY:
        raise ValidationError({"strategy": f"must be one of {', '.join(REGISTRY)}, was {strategy!r}"})
    errors: dict[str, Any] = {}
    if timeframe not in TIMEFRAMES.values():
        errors["timeframe"] = f"must be one of {', '.join(TIMEFRAMES)}, was {timeframe} seconds"
    checked: dict[str, Any] = {}
    clean: dict[str, Any] = {}
    try:
        clean = validate(REGISTRY[strategy], params)
    except ParameterError as error:
        errors[error.field] = str(error)
    try:
        checked = bot_controls.validate({"confirmation": REGISTRY[strategy].confirmation, **controls})
    except ValidationError as error:
        errors.update(error.message_dict)
    if checked.get("size_mode") == "quote" and Decimal(repr(checked["size"])) < product.quote_min_size:
        least = f"{product.quote_min_size.normalize():f} {product.quote}"
        errors["size"] = f"must be at least {least}, the smallest order of {product}, was {checked['size']:g}"
    if errors:
        raise ValidationError(errors)
    return Told(strategy, timeframe, clean, checked)


def version_add(bot: Bot, author: User | None, told: Told) -> BotVersion:
    """Makes the next version current. What the bot remembered of its signals belongs to the old one."""
    last = bot.versions.first()
    version = BotVersion.objects.create(
        bot=bot, number=last.number + 1 if last else 1, author=author, diff=told.diff(bot.version),
        strategy_version=REGISTRY[told.strategy].version, **asdict(told),
    )  # fmt: skip
    bot.version, bot.memory = version, b""
    bot.save(update_fields=["version", "memory"])
    return version
