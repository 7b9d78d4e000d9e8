"""What the tests of decisions ask and do again and again."""

from typing import Any

from apps.accounts.models import TradingAccount
from apps.bots.models import Bot, Evaluation
from engine.gates import Gate
from engine.kinds import Verdict
from tradingsite.testing.market import Market
from tradingsite.testing.people import make_bot
from tradingsite.testing.scripted import LONG


def last(bot: Bot) -> Evaluation:
    """The bot's newest decision."""
    return bot.evaluations.latest("at")


def blocked_by(bot: Bot) -> Gate:
    """The gate that blocked the newest decision."""
    assert last(bot).verdict == Verdict.BLOCKED
    return Gate(last(bot).blocking)


def enter(market: Market, account: TradingAccount, **params: Any) -> Bot:
    """A bot that bought at 100 at the open of the minute just played."""
    bot = make_bot(account, market.product, params=params)
    market.bar(100, volume=LONG)
    market.bar(100)
    return bot
