"""What becomes of an account's bots when it was left alone for long: each does what it was told beforehand."""

from datetime import timedelta

from apps.accounts.models import TradingAccount
from apps.bots.controls import RECOVERIES, RECOVERY
from apps.bots.models import Bot
from apps.bots.services import bot_pause
from apps.ledger.positions import open_position
from apps.orders.services import orders_cancel_all, positions_flatten, working_orders


def bots_recover(account: TradingAccount, away: timedelta) -> list[str]:
    """Carries out the policies of the locked account's bots; says in a sentence what each one does.

    A bot that is paused still manages the exits of its position: its stop is put back at its next bar if it is gone.
    """
    bots = Bot.objects.filter(account=account, state__in=[Bot.State.RUNNING, Bot.State.PAUSED])
    return [_recover(bot, away) for bot in bots.select_related("account__owner", "product", "version").order_by("pk")]


def _recover(bot: Bot, away: timedelta) -> str:
    assert bot.version is not None
    policy = bot.version.controls.get("recovery", RECOVERY)
    reason = f"its account was left alone for {away.total_seconds():.0f} s"
    if policy == "resume" or not _has_something(bot):
        return f"{bot.name}: {'has nothing open and goes on' if policy != 'resume' else 'goes on'}"
    if bot.state == Bot.State.RUNNING:
        bot_pause(bot=bot, user=None, reason=f"{reason}: {RECOVERIES[policy].lower()}")
    if policy == "flatten":
        orders_cancel_all(account_id=bot.account_id, why=reason, holder=bot.holder)
        request = f"recovery/{bot.pk}/{bot.account.seq}"
        positions_flatten(account_id=bot.account_id, reason="recovery", request=request, holder=bot.holder)
        return f"{bot.name}: cancels its orders, sells its position and is paused"
    return f"{bot.name}: keeps its position with its stop and is paused"


def _has_something(bot: Bot) -> bool:
    return open_position(bot.account, bot.holder, bot.product) is not None or bool(
        working_orders(bot.account, holder=bot.holder)
    )
