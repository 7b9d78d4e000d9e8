"""What the tests of backtests ask for again and again."""

from decimal import Decimal
from typing import Any

from apps.accounts.models import User
from apps.backtests.models import Backtest
from apps.backtests.services import backtest_create
from apps.bots.controls import validate
from apps.markets.recordings import DEFAULT

RECORDED = f"recording/{DEFAULT}/BTC-USD"
FIRST, LAST = 1_581_292_800, 1_581_897_600  # 2020-02-10 to 2020-02-17
DAY = 86_400


def ask(user: User, **changes: Any) -> Backtest:
    """A backtest of ma_cross on the recorded week, waiting."""
    asked: dict[str, Any] = {
        "name": "A test", "strategy": "ma_cross", "params": {}, "market": RECORDED, "timeframe": 900,
        "cash": Decimal(10_000), "fee": Decimal("0.006"), "slippage": Decimal(0), "controls": validate({"size": 0.25}),
    }  # fmt: skip
    return backtest_create(user=user, **asked | changes)
