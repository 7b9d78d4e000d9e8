"""What a plan waits for and why it did something, for people. Pure Python."""

from datetime import UTC, datetime
from decimal import Decimal

from engine.config import ProductRules
from engine.kinds import DeedReason, OrderKind, PlanKind, PlanOutcome, PlanPhase
from engine.records import Record

OUTCOMES = {
    PlanOutcome.NONE: "Over.",
    PlanOutcome.FILLED: "Done.",
    PlanOutcome.CANCELLED: "Cancelled.",
    PlanOutcome.EXPIRED: "Its time was over before it was filled.",
    PlanOutcome.FAILED: "Given up: the exchange kept refusing its orders.",
}
REASONS = {
    DeedReason.NONE: "",
    DeedReason.START: "start",
    DeedReason.TRIGGERED: "the stop was hit",
    DeedReason.ESCALATED: "the limit did not fill",
    DeedReason.SIBLING: "the other leg traded",
    DeedReason.RESIZED: "the position changed",
    DeedReason.RATCHET: "the trailing stop moved",
    DeedReason.SWAP: "stop and target were swapped",
    DeedReason.SLICE: "the next slice",
    DeedReason.REFRESH: "the market left the slice",
    DeedReason.PAUSED: "the price is beyond the limit",
    DeedReason.TIMEOUT: "its time is over",
    DeedReason.STOPPED: "it was stopped",
    DeedReason.FILLED: "all is filled",
    DeedReason.REFUSED: "the exchange kept refusing",
}


def waits_for(plan: Record, state: Record, product: ProductRules) -> str:
    """One or two sentences: what the plan does now and what it waits for."""
    phase = PlanPhase(int(state["phase"]))
    if phase == PlanPhase.DONE:
        return OUTCOMES[PlanOutcome(int(state["outcome"]))]
    if phase == PlanPhase.ENDING:
        return f"Ends because {REASONS[DeedReason(int(state['reason']))]}: its orders are being cancelled."
    return _at_work(plan, state, product, phase)


def _at_work(plan: Record, state: Record, product: ProductRules, phase: PlanPhase) -> str:
    kind = PlanKind(int(plan["kind"]))
    if kind in SLICED:
        return SLICED[kind](plan, state, product)
    if state["fired_price"] > 0.0:
        return _fired(plan, state, product, phase)
    if kind == PlanKind.TRAILING:
        return _trailing(plan, state, product)
    if kind == PlanKind.BRACKET and phase == PlanPhase.WAITING:
        at = f"at {price(plan['limit'], product)}" if plan["limit"] > 0.0 else "at market"
        return f"Waits for its entry {at}."
    return _exits(plan, state, product, kind)


def price(value: float, product: ProductRules) -> str:
    """A price of the core with the product's digits."""
    return f"{Decimal(float(value)).quantize(product.tick.normalize()):f}"  # a stored tick has all digits there are


def clock(seconds: int) -> str:
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d %H:%M:%S} UTC"


def _sells(plan: Record) -> bool:
    """Its exits sell; of a plan without an entry, its orders."""
    return bool((plan["side"] < 0) != (plan["kind"] == PlanKind.BRACKET))


def _how(falls: bool) -> str:
    return "at or below" if falls else "at or above"


def _fired(plan: Record, state: Record, product: ProductRules, phase: PlanPhase) -> str:
    verb = "sells" if _sells(plan) else "buys"
    hit = f"Triggered at {price(state['fired_price'], product)} on {clock(state['fired_time'])}"
    if phase == PlanPhase.ESCALATED:
        return f"{hit}; its limit did not fill, so it {verb} the rest at market."
    if not plan["stop_limit"] > 0.0 and not plan["by_limit"]:
        return f"{hit}; {verb} at market."
    later = f", at market from {clock(state['fired_time'] + plan['escalate_after'])}" if plan["escalate_after"] else ""
    return f"{hit}; {verb} with a limit{later}."


def _exits(plan: Record, state: Record, product: ProductRules, kind: PlanKind) -> str:
    sells = _sells(plan)
    falls = plan["when"] < 0 if kind == PlanKind.TRIGGER and plan["when"] else sells
    verb = "Sells" if sells else "Buys"
    stop, target = price(plan["stop"], product), price(plan["target"], product)
    if kind == PlanKind.TRIGGER:
        return f"{verb} when the price is {_how(falls)} {stop}."
    if not plan["target"] > 0.0 or not plan["stop"] > 0.0:
        return f"{verb} at {stop} (stop)." if plan["stop"] > 0.0 else f"{verb} at {target} (target)."
    if state["winner"]:
        return f"The other leg is cancelled; {verb.lower()} the rest."
    where = " Both rest at the exchange." if int(plan["native"]) >> OrderKind.BRACKET & 1 else ""
    if state["swapped"] and not where:
        where = f" The target rests in place of the stop until {clock(state['swap_time'] + plan['swap'])}."
    return f"{verb} when the price is {_how(falls)} {stop} (stop) or {_how(not falls)} {target} (target).{where}"


def _trailing(plan: Record, state: Record, product: ProductRules) -> str:
    sells = _sells(plan)
    if not state["armed_time"]:
        if not plan["activation"] > 0.0:
            return "Begins to follow with the next price."
        return f"Begins to follow when the price is {_how(not sells)} {price(plan['activation'], product)}."
    extreme = f"{'highest' if sells else 'lowest'} {price(state['extreme'], product)} on {clock(state['extreme_time'])}"
    verb = "Sells" if sells else "Buys"
    return f"{verb} when the price is {_how(sells)} {price(state['stop'], product)} ({extreme})."


def _iceberg(plan: Record, state: Record, product: ProductRules) -> str:
    if state["paused"]:
        return f"Paused: the price is beyond its limit of {price(plan['limit'], product)}."
    if not state["slices"]:
        return "Shows its first slice with the next price."
    shown = f" at {price(state['want_limit'][0], product)}" if state["want_qty"][0] else ""
    return f"Shows slice {int(state['slices'])}{shown}."


def _twap(plan: Record, state: Record, product: ProductRules) -> str:
    done, total = int(state["slices"]), int(plan["slices"])
    if not done:
        return f"Waits for its first of {total} slices on {clock(plan['start'])}."
    guard = (
        f" The last was passed over: the price is beyond {price(plan['limit'], product)}." if state["paused"] else ""
    )
    if done == total:
        return f"All {total} slices have begun; ends on {clock(plan['start'] + plan['duration'])}.{guard}"
    return f"Slice {done} of {total} has begun; the next on {clock(state['next_time'])}.{guard}"


SLICED = {PlanKind.ICEBERG: _iceberg, PlanKind.TWAP: _twap}
