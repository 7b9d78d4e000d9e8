"""Trades on an account's portfolio that nobody here ordered: kept for a person to decide on."""

from apps.accounts.models import TradingAccount
from apps.orders.reconciliation.differences import Finding, found
from apps.orders.reconciliation.models import Kind
from exchanges.port import FillReport


def foreign_found(account: TradingAccount, fill: FillReport) -> None:
    """Keeps a foreign trade of the locked account, once."""
    found(account, foreign(fill))


def foreign(fill: FillReport) -> Finding:
    words = f"{fill.side} {fill.quantity.normalize():f} {fill.symbol} at {fill.price.normalize():f}"
    return Finding(
        Kind.FOREIGN_TRADE, f"trade {fill.trade_id}"[:80], "no such order", words,
        detail={
            "trade_id": fill.trade_id, "exchange_order_id": fill.exchange_order_id, "symbol": fill.symbol,
            "side": fill.side, "price": str(fill.price), "quantity": str(fill.quantity), "fee": str(fill.fee),
            "fee_currency": fill.fee_currency, "at": fill.at.isoformat(),
        },
    )  # fmt: skip
