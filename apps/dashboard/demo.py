"""A demo trader for an empty installation: a paper account and two running bots, so that the first page shows work.

Where the market is the sandbox exchange, also an account there, as one has it at a real exchange.
"""

import secrets
from pathlib import Path

from django.conf import settings
from django.db import transaction

from apps.accounts.connections.services import connection_add
from apps.accounts.models import ExchangeConnection, User
from apps.bots.services import bot_create, bot_start
from apps.markets.models import Product
from apps.operations.venues import SANDBOX
from apps.portfolio.services import paper_account_open

EMAIL = "demo@example.com"
# Crossings of a day's average pay the fees that crossings of a few hours do not.
BOTS = (
    {
        "name": "BTC trend, 15 minutes",
        "strategy": "ma_cross",
        "timeframe": 900,
        "params": {"fast": 16, "slow": 90, "stop": 0.02, "target": 0.04},
        "controls": {"size": 0.10},
    },
    {
        "name": "BTC scalper, 1 minute",
        "strategy": "ema_rsi_volume",
        "timeframe": 60,
        "params": {},
        "controls": {"size": 0.05},
    },
)


@transaction.atomic
def demo_make() -> tuple[str, str] | None:
    """Makes the demo trader and returns e-mail and password; None when there are users already."""
    if User.objects.exists():
        return None
    password = secrets.token_urlsafe(12)
    user = User.objects.create_user(EMAIL, password)
    user.confirm_address()
    account = paper_account_open(user=user, name="Paper", venue=settings.MARKET)
    product = Product.objects.get(venue=settings.MARKET, symbol="BTC-USD")
    for bot in BOTS:
        made = bot_create(user=user, account=account, product=product, **bot)  # type: ignore[arg-type]
        bot_start(bot=made, user=user, reason="made with the installation")
    return EMAIL, password


def demo_connect() -> ExchangeConnection | None:
    """Connects the demo trader to the sandbox exchange with the key that lies ready there; None where there is none.

    Asks the exchange. Raises ValidationError when it does not answer.
    """
    file = settings.SANDBOX_KEY_FILE
    if settings.MARKET != SANDBOX or not file or not Path(file).is_file():
        return None
    return connection_add(user=User.objects.get(email=EMAIL), label="Sandbox", text=Path(file).read_text())
