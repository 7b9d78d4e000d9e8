"""What a real exchange says of an order by hand before it is placed: its own numbers in the place of our reckoning."""

from dataclasses import replace
from uuid import UUID

from apps.accounts.models import TradingAccount
from apps.markets.models import Product
from apps.orders import registry
from apps.orders.estimates import Estimate
from apps.orders.tickets import Ticket
from apps.risk.gates import BLOCKS, GateLine
from engine.gates import Gate
from engine.kinds import OrderKind
from exchanges.port import NewOrder, Rejected, Unavailable, Unknown


def previewed(account: TradingAccount, product: Product, told: Estimate) -> Estimate:
    """The estimate as the exchange of a live account sees it; paper's stays as it is, and so does a plan's, which is
    more than one order. An exchange that cannot be asked is a warning: placing will show."""
    if account.mode != TradingAccount.Mode.LIVE or told.ticket is None or told.refusal:
        return told
    try:
        preview = registry.exchange_for(account).preview(_order(product, told, told.ticket))
    except (Rejected, Unavailable, Unknown) as error:
        return replace(told, warnings=[*told.warnings, f"The exchange could not be asked beforehand: {error}."])
    if preview.refusal:
        lines = [_refused(line, preview.refusal) for line in told.lines]
        return replace(told, lines=lines, at_fault=_of_ticket(preview.field, told.ticket))
    slippage = told.slippage if preview.slippage is None else preview.slippage
    warnings = [*told.warnings, *preview.warnings]
    return replace(told, fee=preview.fee, total=preview.total, slippage=slippage, warnings=warnings)


def _order(product: Product, told: Estimate, ticket: Ticket) -> NewOrder:
    capped = ticket.side == "buy" and ticket.kind == OrderKind.MARKET
    return NewOrder(
        client_order_id=UUID(int=0),  # a preview makes no order
        symbol=product.symbol, side=ticket.side, kind=ticket.kind, quantity=told.quantity,
        limit_price=ticket.limit_price, stop_price=ticket.stop_price, funds=told.cost if capped else None,
        time_in_force=ticket.time_in_force, post_only=ticket.post_only, expires=ticket.expires,
    )  # fmt: skip


def _of_ticket(field: str, ticket: Ticket) -> str:
    """The field that people filled in for what the exchange calls at fault."""
    if field in ("funds", "quantity"):
        return "quantity" if ticket.amount is None else "amount"
    return "product" if field == "symbol" else field


def _refused(line: GateLine, words: str) -> GateLine:
    """The line about the exchange says why; all others stay."""
    if line.index != Gate.EXCHANGE:
        return line
    return replace(line, status=BLOCKS, value="no", sentence=f"the exchange would refuse it: {words}")
