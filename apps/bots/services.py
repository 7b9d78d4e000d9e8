"""Creating, telling and switching bots. Every change of what a bot is told is a version."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount, User
from apps.bots.models import Bot, BotVersion
from apps.bots.versions import check, version_add
from apps.ledger.positions import open_position
from apps.markets.models import Product
from apps.operations import audit
from apps.operations.hints import hint
from apps.orders.services import orders_cancel_all, positions_flatten, working_orders

NAME_LENGTH = 60


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
    lock_account(account.pk)
    told = check(product=product, strategy=strategy, timeframe=timeframe, params=params, controls=controls)
    if account.owner_id != user.pk:
        raise ValidationError({"account": "must be one of your accounts"})
    if product.venue != account.venue:
        raise ValidationError(
            {"product": f"must be traded at {account.venue}, was {product.symbol} of {product.venue}"}
        )
    bot = Bot(account=account, product=product, name=_clean_name(account, name))
    bot.save()
    version_add(bot, user, told)
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
    """Tells the bot something new from its next decision on; open positions keep the exits they have.

    Returns the version that is current now: an edit that changes nothing makes none.
    """
    bot = _locked(bot)
    assert bot.version is not None
    told = check(
        product=bot.product, strategy=bot.version.strategy, timeframe=timeframe or bot.version.timeframe,
        params=params, controls=controls,
    )  # fmt: skip
    diff = told.diff(bot.version)
    if name is not None and name.strip() != bot.name:
        diff.insert(0, ["name", bot.name, name.strip()])
        bot.name = _clean_name(bot.account, name)
        bot.save(update_fields=["name"])
    version = version_add(bot, user, told) if told.diff(bot.version) else bot.version
    if diff:
        audit.record(actor=user, action="bot.edit", target=bot, detail={"version": version.number, "diff": diff})
        hint(bot.account.owner_id, "bots", bot.holder)
    return version


@transaction.atomic
def bot_rollback(*, bot: Bot, user: User, number: int) -> BotVersion:
    """Tells the bot again what an earlier version told it, as a new version."""
    earlier = bot.versions.filter(number=number).first()
    if earlier is None:
        raise ValidationError({"number": f"must be a version of this bot, was {number}"})
    return bot_edit(bot=bot, user=user, params=earlier.params, controls=earlier.controls, timeframe=earlier.timeframe)


@transaction.atomic
def bot_start(*, bot: Bot, user: User | None, reason: str = "") -> Bot:
    """Lets the bot decide from the next closed bar on. ValidationError when an operator paused it: only an operator
    lets it go on."""
    bot = _locked(bot)
    if bot.held and not _is_operator(user, bot):
        raise ValidationError({"bot": bot.held})
    bot.held_since, bot.held_reason = None, ""
    return _switch(bot, Bot.State.RUNNING, user, reason)


@transaction.atomic
def bot_pause(*, bot: Bot, user: User | None, reason: str = "") -> Bot:
    """No new entries; exits of its open position go on. What an operator pauses, its owner cannot start."""
    bot = _locked(bot)
    if _is_operator(user, bot):
        bot.held_since, bot.held_reason = timezone.now(), reason.strip()[:300]
    return _switch(bot, Bot.State.PAUSED, user, reason)


@transaction.atomic
def bot_release(*, bot: Bot, user: User, reason: str) -> Bot:
    """Takes an operator's pause off a bot that its owner has stopped meanwhile: it stays stopped and may be started.
    ValidationError when no operator paused it."""
    bot = _locked(bot)
    if not bot.held:
        raise ValidationError({"bot": "must have been paused by an operator to be released"})
    bot.held_since, bot.held_reason = None, ""
    bot.save(update_fields=["held_since", "held_reason"])
    audit.record(actor=user, action="bot.release", target=bot, reason=reason)
    hint(bot.account.owner_id, "bots", bot.holder)
    return bot


def _is_operator(user: User | None, bot: Bot) -> bool:
    """Nobody gets at a bot but its owner, operators, and the platform itself (None)."""
    return user is not None and user.pk != bot.account.owner_id


@transaction.atomic
def bot_stop(*, bot: Bot, user: User | None, close: bool, reason: str = "") -> Bot:
    """Nothing is decided any more. With ``close`` its orders are cancelled and its position is sold at market;
    without, both are left as they are (a resting stop or target stays at the exchange)."""
    bot = _switch(_locked(bot), Bot.State.STOPPED, user, reason)
    if close:
        orders_cancel_all(account_id=bot.account_id, why="bot stopped", holder=bot.holder)
        request = f"stop/{bot.pk}/{bot.state_since.timestamp()}"
        positions_flatten(account_id=bot.account_id, reason="manual", request=request, holder=bot.holder)
    return bot


@transaction.atomic
def bot_archive(*, bot: Bot, user: User) -> Bot:
    """Takes a stopped bot out of every list and frees its name; trades, orders and decisions keep it.

    ValidationError while it is not stopped, holds a position or has an order working.
    """
    bot = _locked(bot)
    if bot.state not in (Bot.State.STOPPED, Bot.State.ERROR):
        raise ValidationError({"state": f"must be stopped before the bot is deleted, was {bot.state}"})
    if open_position(bot.account, bot.holder, bot.product):
        raise ValidationError({"position": "must be closed before the bot is deleted, is open"})
    if working_orders(bot.account, holder=bot.holder):
        raise ValidationError({"orders": "must be over before the bot is deleted, some are working"})
    bot.state, bot.archived = Bot.State.STOPPED, timezone.now()
    bot.save(update_fields=["state", "archived"])
    audit.record(actor=user, action="bot.archive", target=bot)
    hint(bot.account.owner_id, "bots", bot.holder, "overview", "conditions")
    return bot


def _switch(bot: Bot, state: str, user: User | None, reason: str) -> Bot:
    """Writes the locked bot's state, and whether an operator holds it."""
    if bot.archived:
        raise ValidationError({"bot": "was deleted and cannot be switched"})
    old = bot.state
    bot.state, bot.state_reason, bot.state_since = state, reason.strip()[:300], timezone.now()
    bot.save(update_fields=["state", "state_reason", "state_since", "held_since", "held_reason"])
    audit.record(actor=user, action=f"bot.{state}", target=bot, reason=reason, detail={"from": old, "to": state})
    hint(bot.account.owner_id, "bots", bot.holder, "overview", "conditions")
    return bot


def _locked(bot: Bot) -> Bot:
    """The bot as it is now, with its account locked until the transaction ends."""
    lock_account(bot.account_id)
    return Bot.objects.select_related("account__owner", "product", "version").get(pk=bot.pk)


def bot_version_effect(
    *, bot: Bot, params: Mapping[str, Any], controls: Mapping[str, Any], timeframe: int | None = None
) -> list[str]:
    """What an edit would do to the bot's working orders and position, in sentences."""
    assert bot.version is not None
    told = check(
        product=bot.product, strategy=bot.version.strategy, timeframe=timeframe or bot.version.timeframe,
        params=params, controls=controls,
    )  # fmt: skip
    if not told.diff(bot.version):
        return ["Nothing changes."]
    lines = ["New decisions use it from the next closed bar on; a signal that was lasting begins anew."]
    position = open_position(bot.account, bot.holder, bot.product)
    if position:
        lines.append(
            f"The open position of {position.quantity.normalize():f} {bot.product.base} keeps the stop, target and "
            "longest hold it was opened with."
        )
    orders = working_orders(bot.account, holder=bot.holder)
    if orders:
        what = (
            "1 working order stays as it is" if len(orders) == 1 else f"{len(orders)} working orders stay as they are"
        )
        lines.append(f"{what}.")
    if not position and not orders:
        lines.append("No position is open and no order is working: nothing else changes.")
    return lines


def _clean_name(account: TradingAccount, name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= NAME_LENGTH:
        raise ValidationError({"name": f"must have 1 to {NAME_LENGTH} characters, had {len(name)}"})
    if Bot.objects.filter(account=account, name=name, archived=None).exists():
        raise ValidationError({"name": f"must be new in this account, {name!r} is taken"})
    return name
