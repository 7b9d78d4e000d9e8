"""What an order by hand would cost and do, before it is placed: the numbers of the review step."""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.accounts.models import TradingAccount
from apps.markets.models import Feed, Product
from apps.markets.selectors import market_now
from apps.operations.formats import exact
from apps.orders.accounts import AccountState, account_states
from apps.orders.rules import Asked, rule_lines
from apps.orders.tickets import Ticket, ticket_snapped
from apps.risk.gates import BLOCKS, GateLine
from engine.kinds import OrderKind
from engine.limits import FUNDS_MARGIN, share_after

LAST_DIGIT = Decimal("1e-8")  # to which a hold is rounded up


@dataclass(frozen=True)
class Estimate:
    """Quantities in base, money in quote, ratios as plain numbers; None = unknown.

    ``total``: a buy pays it, a sale yields it, fees included. ``slippage``: ratio against the last price, 0 for what
    rests. ``exposure_after``: of the account, as a ratio of its equity. ``lines``: every rule with value and threshold.
    """

    ticket: Ticket  # snapped
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
    warnings: list[str]

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
    feed = feed_of(account, product)
    now = timezone.now()
    state = account_states([account], feed.session, market_now(feed, now), write=False)[account.pk]
    return estimate_in(state, product, feed, ticket, now)


def feed_of(account: TradingAccount, product: Product) -> Feed:
    """The product's market. ValidationError when the account cannot trade it, or before its first price."""
    if product.venue != account.venue:
        raise ValidationError({"product": f"must be one of {account.venue}, was one of {product.venue}"})
    feed = Feed.objects.select_related("session").filter(product=product, price__isnull=False).first()
    if feed is None:
        raise ValidationError({"product": f"{product} must have a price; is the stream running?"})
    return feed


def estimate_in(state: AccountState, product: Product, feed: Feed, ticket: Ticket, now: datetime) -> Estimate:
    """The estimate in an account as it stands; who places the order has it locked."""
    account, last = state.account, exact(feed.price or 0)
    at = datetime.fromtimestamp(market_now(feed, now), UTC)
    snapped = ticket_snapped(ticket, product, price=last, now=at)
    price, makes = _expected(account, product, snapped, last)
    rate = account.fee_maker if makes else account.fee_taker
    quantity = snapped.quantity or _bought(snapped, product, price, rate)
    notional = quantity * price
    fee = notional * rate
    buys = ticket.side == "buy"
    cost = _cost(account, snapped, quantity, price)
    asked = Asked(ticket.side, quantity, price, cost, at_market=ticket.kind == OrderKind.MARKET)
    after = share_after(state.exposure, float(notional if buys else -notional), state.equity)
    return Estimate(
        ticket=replace(snapped, quantity=quantity), quantity=quantity, price=price, notional=notional, fee=fee,
        cost=cost,
        total=notional + fee if buys else notional - fee, makes=makes,
        slippage=Decimal(0) if makes else abs(price / last - 1),
        exposure_after=None if math.isnan(after) else after,
        lines=rule_lines(state, product, feed, asked, now), warnings=_warnings(snapped, product, last, makes),
    )  # fmt: skip


def funds_for(estimated: Estimate, free: Decimal) -> Decimal | None:
    """Quote that a buy holds: what it can cost at worst; None for a sale.

    A limit and an amount are the worst. Others get a margin, as far as ``free`` money goes.
    """
    ticket = estimated.ticket
    if ticket.side == "sell":
        return None
    if ticket.limit_price is not None or ticket.amount is not None:
        return estimated.cost
    return max(min(estimated.cost * exact(FUNDS_MARGIN), free), estimated.cost).quantize(LAST_DIGIT, ROUND_DOWN)


def _cost(account: TradingAccount, ticket: Ticket, quantity: Decimal, price: Decimal) -> Decimal:
    """What a buy can cost: at its limit, else at the price expected, with the taker's fee; a hair more than that, so
    that the core's float arithmetic finds it covered."""
    if ticket.amount is not None:
        return ticket.amount
    worst = quantity * (ticket.limit_price or price) * (1 + account.fee_taker)
    return worst.quantize(LAST_DIGIT, ROUND_UP) + LAST_DIGIT


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
