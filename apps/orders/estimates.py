"""What an order by hand would cost and do, before it is placed: the numbers of the review step."""

import math
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.accounts.models import TradingAccount
from apps.markets.models import Product
from apps.markets.selectors import market_now
from apps.operations.formats import exact
from apps.orders.places import Place, place_of
from apps.orders.rules import Asked, rule_field, rule_lines
from apps.orders.tickets import Ticket, ticket_snapped
from apps.risk.gates import BLOCKS, GateLine
from engine.kinds import OrderKind
from engine.limits import FUNDS_MARGIN, share_after

LAST_DIGIT = Decimal("1e-8")  # to which a hold is rounded up


@dataclass(frozen=True)
class Estimate:
    """Quantities in base, money in quote, ratios as plain numbers; None = unknown.

    ``total``: a buy pays it, a sale yields it, fees included. ``slippage``: ratio against the last price, of a stop
    against the stop; 0 for what rests. ``exposure_after``: of the account, as a ratio of its equity. ``lines``: every
    rule with value and threshold.
    """

    quantity: Decimal
    price: Decimal
    notional: Decimal
    fee: Decimal
    cost: Decimal  # of a buy at worst: it must be free
    total: Decimal
    slippage: Decimal
    makes: bool  # rests in the book first: the maker's fee
    exposure_after: float | None
    lines: list[GateLine]
    warnings: list[str] = field(default_factory=list)
    ticket: Ticket | None = None  # snapped, of a plain order
    at_fault: str = ""  # the field of the ticket that the exchange itself refuses

    @property
    def blocking(self) -> GateLine | None:
        return next((line for line in self.lines if line.status == BLOCKS), None)

    @property
    def refusal(self) -> str:
        """In words; '' when the order would be taken."""
        return self.blocking.sentence if self.blocking else ""


def estimate(*, account: TradingAccount, product: Product, ticket: Ticket) -> Estimate:
    """An order by hand as it would be placed now. Writes nothing, asks no exchange.

    ValidationError({field: rule}) for a ticket that makes no sense; broken rules are among the ``lines``.
    """
    return estimate_in(place_of(account, product, write=False), ticket, timezone.now())


def refuse_broken(judged: Estimate) -> None:
    """ValidationError with the field and the words of the first rule that is broken."""
    if judged.blocking:
        raise ValidationError({rule_field(judged.blocking): judged.refusal})


def estimate_in(place: Place, ticket: Ticket, now: datetime) -> Estimate:
    """The estimate in an account as it stands; who places the order has it locked."""
    account, product, last = place.account, place.product, place.last
    at = datetime.fromtimestamp(market_now(place.feed, now), UTC)
    snapped = ticket_snapped(ticket, product, price=last, now=at)
    price, makes = _expected(account, product, snapped, last)
    quantity = snapped.quantity or _bought(snapped, product, price, account.fee_maker if makes else account.fee_taker)
    cost = snapped.amount or worst_cost(account, quantity, snapped.limit_price or price)
    asked = Asked(ticket.side, quantity, price, cost, at_market=ticket.kind == OrderKind.MARKET)
    judged = judge(place, asked, makes=makes, now=now, reference=snapped.stop_price)
    return replace(
        judged, ticket=replace(snapped, quantity=quantity), warnings=_warnings(snapped, product, last, makes)
    )


def judge(
    place: Place, asked: Asked, *, makes: bool, now: datetime, reference: Decimal | None = None
) -> Estimate:  # fmt: skip
    """What is asked for in numbers, and every rule. ``reference``: what the price slips from, if not the last one."""
    account, state, buys = place.account, place.state, asked.side == "buy"
    notional = asked.quantity * asked.price
    fee = notional * (account.fee_maker if makes else account.fee_taker)
    after = share_after(state.exposure, float(notional if buys else -notional), state.equity)
    return Estimate(
        quantity=asked.quantity, price=asked.price, notional=notional, fee=fee, cost=asked.cost, makes=makes,
        total=notional + fee if buys else notional - fee,
        slippage=Decimal(0) if makes else abs(asked.price / (reference or place.last) - 1),
        exposure_after=None if math.isnan(after) else after,
        lines=rule_lines(state, place.product, place.feed, asked, now),
    )  # fmt: skip


def funds_for(cost: Decimal, free: Decimal, *, surely: bool) -> Decimal:
    """Quote that a buy holds: its worst cost, or with a margin as far as ``free`` money goes when that is not
    ``surely`` the worst."""
    if surely:
        return cost
    return max(min(cost * exact(FUNDS_MARGIN), free), cost).quantize(LAST_DIGIT, ROUND_DOWN)


def worst_cost(account: TradingAccount, quantity: Decimal, price: Decimal) -> Decimal:
    """What a buy can cost up to a price, with the taker's fee; a hair more than that, so that the core's float
    arithmetic finds it covered."""
    return (quantity * price * (1 + account.fee_taker)).quantize(LAST_DIGIT, ROUND_UP) + LAST_DIGIT


def _expected(account: TradingAccount, product: Product, ticket: Ticket, last: Decimal) -> tuple[Decimal, bool]:
    """The price at which the order is expected to trade, and whether it makes."""
    buys = ticket.side == "buy"
    slipped = 1 + account.slippage if buys else 1 - account.slippage
    limit = ticket.limit_price
    if ticket.kind == OrderKind.LIMIT and limit is not None:
        takes = limit >= last if buys else limit <= last
        if not takes:
            return limit, True
        taken = _on_tick(last * slipped, product, up=buys)
        return (min(taken, limit) if buys else max(taken, limit)), False
    if ticket.kind == OrderKind.STOP and ticket.stop_price is not None:
        return _on_tick(ticket.stop_price * slipped, product, up=buys), False
    if limit is not None:
        return limit, ticket.kind == OrderKind.BRACKET
    return _on_tick(last * slipped, product, up=buys), False


def _on_tick(price: Decimal, product: Product, *, up: bool) -> Decimal:
    tick = product.quote_increment
    return (price / tick).to_integral_value("ROUND_CEILING" if up else "ROUND_FLOOR") * tick


def _bought(ticket: Ticket, product: Product, price: Decimal, rate: Decimal) -> Decimal:
    """What an amount buys, in whole lots. ValidationError when it is not even one."""
    assert ticket.amount is not None
    lot = product.base_increment
    quantity = ((ticket.amount - LAST_DIGIT) / (price * (1 + rate))) // lot * lot
    if not quantity:
        raise ValidationError({"amount": f"must buy at least {lot.normalize():f} {product.base}, was {ticket.amount}"})
    return quantity


def _warnings(ticket: Ticket, product: Product, last: Decimal, makes: bool) -> list[str]:
    found = []
    if ticket.post_only and not makes:
        found.append("It would take: the exchange refuses a post-only order that trades at once.")
    if ticket.kind == OrderKind.LIMIT and not makes and not ticket.post_only:
        found.append("The limit is beyond the last price: the order trades at once and pays the taker's fee.")
    if ticket.kind == OrderKind.STOP_LIMIT and ticket.limit_price and ticket.stop_price:
        better = ticket.limit_price - ticket.stop_price
        if (better > 0) == (ticket.side == "sell") and better:
            found.append("The limit is better than the stop: after the trigger the order may rest without trading.")
    if ticket.limit_price is not None and abs(ticket.limit_price / last - 1) > Decimal("0.2"):
        found.append(f"The limit is more than 20 % away from the last price of {last.normalize():f} {product.quote}.")
    return found
