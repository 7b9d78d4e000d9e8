"""What a user should look at first."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import TradingAccount
from apps.bots.models import Bot
from apps.bots.rows import BotRow
from apps.markets.models import Feed, MarketSession
from apps.operations.formats import percent, size, span
from apps.portfolio.holdings import Holding
from apps.portfolio.selectors import Equity
from apps.risk.models import Halt
from apps.risk.selectors import limits

SILENCE = 30.0  # wall seconds without a market event
NEAR = 0.75  # share of a limit from which it is worth a warning


@dataclass(frozen=True)
class Notice:
    text: str
    url: str
    action: str
    tone: str = "warn"


def attention(
    account: TradingAccount, rows: Sequence[BotRow], holdings: Sequence[Holding], now: Equity, halts: Sequence[Halt]
) -> list[Notice]:
    """Most urgent first; empty when all is well."""
    risk = reverse("risk:halts")
    notices = [Notice(f"Trading is halted: {halt.reason}", risk, "Look at the halt", "bad") for halt in halts]
    notices += [_error(row.bot) for row in rows if row.bot.state == Bot.State.ERROR]
    notices += [_unprotected(holding) for holding in holdings if holding.unprotected > 0]
    return notices + _silence(account) + _daily_loss(account, now, risk)


def _error(bot: Bot) -> Notice:
    url = reverse("bots:detail", args=[bot.pk])
    return Notice(f"{bot.name} stopped with an error: {bot.state_reason}", url, "Open the bot", "bad")


def _unprotected(holding: Holding) -> Notice:
    product = holding.position.product
    quantity = f"{size(holding.unprotected, product.base_increment)} {product.base}"
    text = f"{quantity} of {holding.bot_name} has no resting stop or target"
    return Notice(text, reverse("portfolio:positions"), "Look at the position")


def _silence(account: TradingAccount) -> list[Notice]:
    """The market that plays has said nothing for too long."""
    session = MarketSession.objects.filter(venue=account.venue, closed=None).first()
    newest = (
        Feed.objects.filter(session=session, updated__isnull=False).order_by("-updated").first() if session else None
    )
    if session is None or newest is None or newest.updated is None:
        return []
    silent = (timezone.now() - newest.updated).total_seconds()
    patience = max(SILENCE, 180 / session.speed) if session.speed else SILENCE
    if silent <= patience:
        return []
    text = f"No market data for {span(silent)}: bots make no entries until it flows again"
    return [Notice(text, reverse("bots:conditions"), "See what blocks")]


def _daily_loss(account: TradingAccount, now: Equity, url: str) -> list[Notice]:
    limit = limits([account])[account.pk].daily_loss
    if not limit or now.today is None or not now.day_open or now.today >= 0:
        return []
    lost = float(-now.today / now.day_open)
    if lost < NEAR * limit:
        return []
    return [Notice(f"{percent(lost)} lost today, the limit is {percent(limit)}", url, "See the limits")]
