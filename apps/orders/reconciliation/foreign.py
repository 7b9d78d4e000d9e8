"""Trades on an account's portfolio that nobody here ordered, and trades that the exchange took back or changed: kept
for a person to decide on."""

from apps.accounts.models import TradingAccount
from apps.orders.models import Order
from apps.orders.reconciliation.differences import Finding, found
from apps.orders.reconciliation.models import Kind
from exchanges.port import FillReport


def foreign_found(account: TradingAccount, fill: FillReport) -> None:
    """Keeps a foreign trade of the locked account, once."""
    found(account, foreign(fill))


def correction_found(account: TradingAccount, order: Order | None, fill: FillReport) -> None:
    """Keeps what the exchange did to a trade of the locked account afterwards, once. Nothing is posted: what money it
    moved shows as a balance that differs."""
    ours = f"order #{order.pk} as it was filled" if order else "no such order"
    theirs = f"{fill.correction}: {_words(fill)}"[:160]
    name = correction_name(fill)
    found(account, Finding(Kind.CORRECTION, name, ours, theirs, order.pk if order else None, detail=_detail(fill)))


def correction_name(fill: FillReport) -> str:
    """The subject under which it is kept."""
    return f"{fill.correction} {fill.trade_id}"[:80]


def foreign(fill: FillReport) -> Finding:
    return Finding(
        Kind.FOREIGN_TRADE, f"trade {fill.trade_id}"[:80], "no such order", _words(fill), detail=_detail(fill)
    )


def _words(fill: FillReport) -> str:
    return f"{fill.side} {fill.quantity.normalize():f} {fill.symbol} at {fill.price.normalize():f}"


def _detail(fill: FillReport) -> dict[str, str]:
    return {
        "trade_id": fill.trade_id, "exchange_order_id": fill.exchange_order_id, "symbol": fill.symbol,
        "side": fill.side, "price": str(fill.price), "quantity": str(fill.quantity), "fee": str(fill.fee),
        "fee_currency": fill.fee_currency, "at": fill.at.isoformat(),
    }  # fmt: skip
