"""The hard rules an order by hand must keep: those of a bot's entry, judged by the core's own arithmetic."""

import math
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.ledger.holders import MANUAL
from apps.markets.models import Feed, Product
from apps.markets.rules import product_rules
from apps.markets.selectors import feed_age, feed_is_stale
from apps.orders.accounts import AccountState
from apps.orders.models import Order
from apps.risk.gates import BLOCKS, OFF, PASS, UNKNOWN, GateLine, distance, in_unit
from engine.gates import TEXTS, Gate
from engine.kinds import HaltLevel
from engine.limits import daily_allowance, is_within, least_lots, share_after

FIELDS = {
    Gate.DATA: "product", Gate.MARKET: "product", Gate.HALT: "account", Gate.MAX_POSITIONS: "account",
    Gate.DAILY_LOSS: "account", Gate.EXCHANGE: "account",
}  # fmt: skip  # the others are a matter of the quantity


@dataclass(frozen=True)
class Asked:
    """An order as the rules see it. ``price``: at which it is expected to trade; ``cost``: what a buy may cost."""

    side: str
    quantity: Decimal
    price: Decimal
    cost: Decimal
    at_market: bool


def rule_field(line: GateLine) -> str:
    """The field of a ticket that a rule is about."""
    return FIELDS.get(Gate(line.index), "quantity")


def rule_lines(state: AccountState, product: Product, feed: Feed, asked: Asked, now: datetime) -> list[GateLine]:
    """Every rule in the order of engine.gates, with its value and threshold."""
    lines = [_data(state, feed, now, asked), _market(product), _halt(state, asked)]
    if asked.side == Order.Side.BUY:
        lines += [*_limits(state, product, asked), _funds(state, product, asked)]
    else:
        lines.append(_inventory(state, product, asked))
    return [*lines, _least(product, asked), _exchange(state, asked)]


def _line(gate: Gate, ok: bool, value: float, threshold: float, *, used: bool = True) -> GateLine:
    text = TEXTS[gate]
    shown, limit = in_unit(value, text.unit), in_unit(threshold, text.unit)
    status = (PASS if ok else BLOCKS) if used else (OFF if threshold in (0, math.inf) else UNKNOWN)
    words = text.rule.format(value=shown, threshold=limit)
    return GateLine(int(gate), gate.name.lower(), text.name, status, shown, limit, words, distance(value, threshold))


def _said(gate: Gate, ok: bool, value: str, threshold: str, words: str) -> GateLine:
    return GateLine(
        int(gate), gate.name.lower(), TEXTS[gate].name, PASS if ok else BLOCKS, value, threshold, words, None
    )


def _data(state: AccountState, feed: Feed, now: datetime, asked: Asked) -> GateLine:
    """A sale may always be made: stale prices are no reason to keep what one wants to be rid of."""
    age, limit = feed_age(feed, now), state.limits.max_age
    fresh = age is not None and age <= limit and not feed_is_stale(feed, now)
    return _line(
        Gate.DATA, fresh or asked.side == Order.Side.SELL, math.inf if age is None else int(age), limit,
        used=limit > 0 or feed_is_stale(feed, now),
    )  # fmt: skip


def _market(product: Product) -> GateLine:
    online = product.status == Product.Status.ONLINE
    words = f"{product} must be online, is {product.get_status_display().lower()}"
    return _said(Gate.MARKET, online, product.status, Product.Status.ONLINE.value, words)


def _halt(state: AccountState, asked: Asked) -> GateLine:
    """A sale at market by hand goes through whatever is halted; one that rests is an order like any other."""
    level = state.standing.level
    buys = asked.side == Order.Side.BUY
    ok = level == HaltLevel.NONE if buys else asked.at_market or level < HaltLevel.ORDERS
    in_force = "an operator has stopped trading" if state.standing.operator else "a halt is in force"
    return _said(Gate.HALT, ok, level.name.lower(), "none", in_force if level else "no halt is in force")


def _limits(state: AccountState, product: Product, asked: Asked) -> list[GateLine]:
    """Of the account as it would be after the buy; a position by hand that grows is one position."""
    policy, equity, notional = state.limits, state.equity, float(asked.quantity * asked.price)
    known = equity > 0
    places = state.places + (0 if state.has_place(MANUAL, product) else 1)
    share = share_after(state.committed(MANUAL, product), notional, equity)
    exposure = share_after(state.exposure, notional, equity)
    allowed = daily_allowance(state.day_equity, policy.daily_loss, policy.daily_loss_amount)
    lost = state.day_equity - equity
    return [
        _line(Gate.MAX_POSITIONS, places <= policy.max_positions, places, policy.max_positions,
              used=policy.max_positions > 0),
        _line(Gate.POSITION_SIZE, is_within(share, policy.max_position), share, policy.max_position,
              used=policy.max_position > 0 and known),
        _line(Gate.EXPOSURE, is_within(exposure, policy.max_exposure), exposure, policy.max_exposure,
              used=policy.max_exposure > 0 and known),
        _line(Gate.DAILY_LOSS, lost < allowed, max(lost, 0.0), allowed,
              used=allowed < math.inf and math.isfinite(lost)),
    ]  # fmt: skip


def _funds(state: AccountState, product: Product, asked: Asked) -> GateLine:
    """Without an equity nothing can be judged: then this blocks, as it does for bots."""
    balance = state.balances.get(product.quote)
    free = balance.free if balance else Decimal(0)
    known = state.equity > 0
    return _line(Gate.BALANCE, known and asked.cost <= free, float(asked.cost), float(free))


def _inventory(state: AccountState, product: Product, asked: Asked) -> GateLine:
    free = state.sellable(MANUAL, product)
    value, threshold = (f"{amount.normalize():f} {product.base}" for amount in (asked.quantity, free))
    words = f"{value} to sell, {threshold} of what was bought by hand is free"
    return _said(Gate.BALANCE, asked.quantity <= free, value, threshold, words)


def _least(product: Product, asked: Asked) -> GateLine:
    """A quantity that the core's lots would not meet is told in quote."""
    rules, price = product_rules(product), float(asked.price)
    least = least_lots(price, float(rules.lot), int(-(-rules.min_size // rules.lot)), float(rules.min_notional))
    notional = float(asked.quantity) * price
    return _line(Gate.MIN_SIZE, rules.lots(asked.quantity) >= least, notional, least * float(rules.lot) * price)


def _exchange(state: AccountState, asked: Asked) -> GateLine:
    """Real money moves in only when its owner has said so, and not too often; out always."""
    refusal = state.no_entries if asked.side == Order.Side.BUY else ""
    return _said(Gate.EXCHANGE, not refusal, "no" if refusal else "yes", "yes", refusal or "the exchange takes orders")
