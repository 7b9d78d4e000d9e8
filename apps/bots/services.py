"""Creating, telling and switching bots. Every change of what a bot is told is a version."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount, User
from apps.bots import controls as bot_controls
from apps.bots.models import Bot, BotVersion
from apps.markets.models import TIMEFRAMES, Product
from apps.operations import audit
from apps.operations.hints import hint
from apps.orders.services import orders_cancel_all, positions_flatten
from engine.strategies.base import ParameterError
from engine.strategies.registry import REGISTRY
from engine.strategies.validation import validate


@transaction.atomic
def bot_create(
    *,
    user: User,
    account: TradingAccount,
    product: Product,
    name: str,
    strategy: str,
    timeframe: int,
    params: Mapping[str, Any],
    controls: Mapping[str, Any],
) -> Bot:
    """A stopped bot with its first version. ValidationError names every field that breaks a rule."""
    told = _checked(strategy, timeframe, params, controls)
    if account.owner_id != user.pk:
        raise ValidationError({"account": "must be one of your accounts"})
    if product.venue != account.venue:
        raise ValidationError({"product": f"must be traded at {account.venue}, was {product.symbol} of {product.venue}"})
    bot = Bot(account=account, product=product, name=_clean_name(account, name))
    bot.save()
    _version_add(bot, user, told)
    audit.record(actor=user, action="bot.create", target=bot, detail={"strategy": strategy})
    hint(user.pk, "bots", "overview")
    return bot


@transaction.atomic
def bot_edit(
    *,
    bot: Bot,
    user: User,
    params: Mapping[str, Any],
    controls: Mapping[str, Any],
    timeframe: int | None = None,
    name: str | None = None,
) -> BotVersion:
    """Tells the bot something new from its next decision on; open positions keep the exits they have."""
    lock_account(bot.account_id)
    assert bot.version is not None
    told = _checked(bot.version.strategy, timeframe or bot.version.timeframe, params, controls)
    if name is not None and name.strip() != bot.name:
        bot.name = _clean_name(bot.account, name)
        bot.save(update_fields=["name"])
    version = _version_add(bot, user, told)
    audit.record(actor=user, action="bot.edit", target=bot, detail={"version": version.number, "diff": version.diff})
    hint(bot.account.owner_id, "bots", bot.holder)
    return version


@transaction.atomic
def bot_rollback(*, bot: Bot, user: User, number: int) -> BotVersion:
    """Makes an earlier version current again, as a new version."""
    earlier = bot.versions.filter(number=number).first()
    if earlier is None:
        raise ValidationError({"number": f"must be a version of this bot, was {number}"})
    return bot_edit(
        bot=bot, user=user, params=earlier.params, controls=earlier.controls, timeframe=earlier.timeframe
    )


def bot_start(*, bot: Bot, user: User | None, reason: str = "") -> Bot:
    """Lets the bot decide from the next closed bar on."""
    return _switch(bot, Bot.State.RUNNING, user, reason)


def bot_pause(*, bot: Bot, user: User | None, reason: str = "") -> Bot:
    """No new entries; exits of its open position go on."""
    return _switch(bot, Bot.State.PAUSED, user, reason)


def bot_stop(*, bot: Bot, user: User | None, close: bool, reason: str = "") -> Bot:
    """Nothing is decided any more. With ``close`` its orders are cancelled and its position is sold at market;
    without, both are left as they are (a resting stop or target stays at the exchange)."""
    bot = _switch(bot, Bot.State.STOPPED, user, reason)
    if close:
        orders_cancel_all(account_id=bot.account_id, why="bot stopped", holder=bot.holder)
        request = f"stop/{bot.pk}/{bot.state_since.timestamp()}"
        positions_flatten(account_id=bot.account_id, reason="manual", request=request, holder=bot.holder)
    return bot


@transaction.atomic
def _switch(bot: Bot, state: str, user: User | None, reason: str) -> Bot:
    account = lock_account(bot.account_id)
    bot = Bot.objects.select_related("account", "product", "version").get(pk=bot.pk)
    old = bot.state
    bot.state, bot.state_reason, bot.state_since = state, reason.strip()[:300], timezone.now()
    bot.save(update_fields=["state", "state_reason", "state_since"])
    audit.record(
        actor=user, action=f"bot.{state}", target=bot, reason=reason, detail={"from": old, "to": state}
    )
    hint(account.owner_id, "bots", bot.holder, "overview", "conditions")
    return bot


def bot_version_effect(
    *, bot: Bot, params: Mapping[str, Any], controls: Mapping[str, Any], timeframe: int | None = None
) -> list[str]:
    """What an edit would do to the bot's working orders and position, in sentences."""
    from_version = bot.version
    assert from_version is not None
    told = _checked(from_version.strategy, timeframe or from_version.timeframe, params, controls)
    diff = _diff(from_version, told)
    if not diff:
        return ["Nothing changes."]
    lines = ["New decisions use it from the next closed bar on."]
    position = bot.account.positions.filter(holder=bot.holder, closed=None).first()
    if position:
        lines.append(
            f"The open position of {position.quantity.normalize():f} {bot.product.base} keeps the stop, target and "
            "longest hold it was opened with."
        )
    else:
        lines.append("No position is open and no order is working: nothing else changes.")
    return lines


def _checked(
    strategy: str, timeframe: int, params: Mapping[str, Any], controls: Mapping[str, Any]
) -> dict[str, Any]:
    errors: dict[str, Any] = {}
    if strategy not in REGISTRY:
        raise ValidationError({"strategy": f"must be one of {', '.join(REGISTRY)}, was {strategy!r}"})
    if timeframe not in TIMEFRAMES.values():
        errors["timeframe"] = f"must be one of {', '.join(TIMEFRAMES)}, was {timeframe} seconds"
    clean: dict[str, Any] = {}
    try:
        clean = validate(REGISTRY[strategy], params)
    except ParameterError as error:
        errors[error.field] = str(error)
    try:
        checked = bot_controls.validate(controls)
    except ValidationError as error:
        errors.update(error.message_dict)
    if errors:
        raise ValidationError(errors)
    return {"strategy": strategy, "timeframe": timeframe, "params": clean, "controls": checked}


def _clean_name(account: TradingAccount, name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 60:
        raise ValidationError({"name": f"must have 1 to 60 characters, had {len(name)}"})
    if Bot.objects.filter(account=account, name=name).exists():
        raise ValidationError({"name": f"must be new in this account, {name!r} is taken"})
    return name


def _version_add(bot: Bot, user: User | None, told: dict[str, Any]) -> BotVersion:
    last = bot.versions.first()
    version = BotVersion.objects.create(
        bot=bot, number=last.number + 1 if last else 1, author=user, diff=_diff(bot.version, told),
        strategy_version=REGISTRY[told["strategy"]].version, **told,
    )  # fmt: skip
    bot.version = version
    bot.save(update_fields=["version"])
    return version


def _diff(old: BotVersion | None, told: dict[str, Any]) -> list[list[Any]]:
    """[field, old, new] of everything that changes."""
    if old is None:
        return []
    before = {"timeframe": old.timeframe, **old.params, **old.controls}
    after = {"timeframe": told["timeframe"], **told["params"], **told["controls"]}
    return [[name, before.get(name), value] for name, value in after.items() if before.get(name) != value]
