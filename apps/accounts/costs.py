"""What trading costs an account, as the core reads it."""

from apps.accounts.models import TradingAccount
from engine.config import Costs


def account_costs(account: TradingAccount) -> Costs:
    return Costs(maker=account.fee_maker, taker=account.fee_taker, slippage=account.slippage)
