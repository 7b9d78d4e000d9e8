"""Operators read bots and what they were told, and pause them."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError

from apps.accounts.models import User
from apps.bots.models import Bot, BotVersion
from apps.bots.services import bot_pause, bot_release, bot_start
from apps.operations import audit
from apps.operations.columns import link, readable
from apps.operations.deeds import Deed
from apps.operations.lists import ReadOnlyAdmin, ReadOnlyInline
from apps.operations.tallies import Tally, tallies

OWNER = link("account__owner", "owner")


def pause(bot: Bot, by: User, answers: dict[str, Any]) -> None:
    if bot.state != Bot.State.RUNNING:
        raise ValidationError({"bot": f"must be running to be paused, was {bot.state}"})
    bot_pause(bot=bot, user=by, **answers)


def start(bot: Bot, by: User, answers: dict[str, Any]) -> None:
    """Lets a bot go on that an operator or the platform has paused: what its owner stopped, its owner starts."""
    if bot.held and bot.state != Bot.State.PAUSED:
        bot_release(bot=bot, user=by, **answers)
        return
    if bot.state != Bot.State.PAUSED:
        raise ValidationError({"bot": f"must be paused to be started here, was {bot.state}"})
    paused = audit.last(bot, "bot.paused")
    if not bot.held and paused and paused.actor_id == bot.account.owner_id:
        raise ValidationError({"bot": "was paused by its owner, who alone may start it"})
    bot_start(bot=bot, user=by, **answers)


PAUSE = Deed(
    name="pause_bot",
    label="Pause bot",
    warning="It makes no entries until an operator starts it: its owner cannot. The exits of its open position go on.",
    needs="bots.switch_bot",
    run=pause,
)
START = Deed(
    name="start_bot",
    label="Start paused bot",
    warning="It decides again from the next closed bar on. Only a bot that an operator or the platform paused can be "
    "started here; one that its owner has stopped meanwhile stays stopped, and its owner may start it again.",
    needs="bots.switch_bot",
    run=start,
)


class VersionInline(ReadOnlyInline):
    model = BotVersion
    fields = readonly_fields = (
        "number", "strategy", "timeframe", readable("params"), readable("controls"), "author", "created",
    )  # fmt: skip


@admin.register(Bot)
class BotAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "name", "state", "state_since", "state_reason", "held_since", "product", link("version"), link("account"),
        OWNER, "created",
    )  # fmt: skip
    list_display_links = ("id", "name")
    list_filter = ("state", ("held_since", admin.EmptyFieldListFilter), "product", "version__strategy", "account__mode")
    search_fields = ("name", "=id", "account__name", "account__owner__email")
    list_select_related = ("account__owner", "product", "version__bot")
    ordering = ("-id",)
    actions = [PAUSE, START]
    inlines = [VersionInline]
    fields = (
        "name", "state", "state_since", "state_reason", "held_since", "held_reason", "product", link("version"),
        link("account"), OWNER, "last_position", "created",
    )  # fmt: skip


@admin.register(BotVersion)
class BotVersionAdmin(ReadOnlyAdmin):
    list_display = ("id", link("bot"), "number", "strategy", "strategy_version", "timeframe", "author", "created")
    list_filter = ("strategy", "timeframe")
    search_fields = ("bot__name", "=bot__id", "bot__account__owner__email")
    list_select_related = ("bot", "author")
    ordering = ("-id",)
    fields = (
        link("bot"), "number", "strategy", "strategy_version", "timeframe", readable("params"), readable("controls"),
        readable("diff"), link("author"), "created",
    )  # fmt: skip


tallies += [
    Tally(
        "Bots running",
        Bot.objects.filter(state=Bot.State.RUNNING).count,
        "bots_bot",
        "state__exact=running",
        alarming=False,
    ),
    Tally("Bots in error", Bot.objects.filter(state=Bot.State.ERROR).count, "bots_bot", "state__exact=error"),
]
