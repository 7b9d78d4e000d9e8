"""People, accounts and bots for tests. Everything goes through the services that pages and commands call."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import count
from typing import Any

from apps.accounts.models import TradingAccount, User
from apps.bots.models import Bot
from apps.bots.services import bot_create, bot_start
from apps.markets.models import Product
from apps.portfolio.services import paper_account_open
from apps.risk.models import RiskPolicy
from tradingsite.testing.scripted import SCRIPTED

_numbers = count(1)
NO_LIMITS = {
    "max_positions": 0, "max_position": 0, "max_exposure": 0, "daily_loss": 0, "daily_loss_amount": 0, "max_age": 0,
    "max_orders": 0,
}  # fmt: skip


def make_user(email: str = "", **fields: Any) -> User:
    """A trader who cannot sign in with a password: hashing one takes longer than most tests."""
    return User.objects.create_user(email or f"trader-{next(_numbers)}@example.org", **fields)


def make_account(
    user: User | None = None,
    *,
    venue: str = "replay",
    deposit: str = "10000",
    slippage: str = "0",
    limits: Mapping[str, float] | None = None,
) -> TradingAccount:
    """A paper account with a deposit; fees of 0.6 %, no slippage unless asked for. ``limits`` replace the default
    rules of its risk policy, NO_LIMITS switches them off."""
    account = paper_account_open(
        user=user or make_user(), name=f"Paper {next(_numbers)}", venue=venue, deposit=Decimal(deposit)
    )
    account.slippage = Decimal(slippage)
    account.save(update_fields=["slippage"])
    if limits is not None:
        RiskPolicy.objects.filter(account=account).update(**limits)
    return account


def make_bot(
    account: TradingAccount,
    product: Product,
    *,
    strategy: str = SCRIPTED.name,
    timeframe: int = 60,
    params: dict[str, Any] | None = None,
    running: bool = True,
    **controls: Any,
) -> Bot:
    """A bot, running unless told otherwise. Needs the fixture ``scripted`` for the default strategy."""
    bot = bot_create(
        user=account.owner, account=account, product=product, name=f"Bot {next(_numbers)}", strategy=strategy,
        timeframe=timeframe, params=params or {}, controls=controls,
    )  # fmt: skip
    return bot_start(bot=bot, user=account.owner) if running else bot
