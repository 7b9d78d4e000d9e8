"""A plan over candles, its orders filled by the core's matching: backtests of advanced orders.

What the exchange does takes no time here: orders arrive with the event that caused them, cancels and amendments work at
once. Each event first meets the orders there are, then the plan.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.events import event_position
from engine.kinds import Deed, DeedReason, Done, EventKind, FillReason, LegState, OrderKind, PlanOutcome
from engine.orders.matching import match
from engine.plans.advance import advance
from engine.plans.memory import new_state
from engine.records import DEED, DEEDS, EVENT, FILL, LEG, LEGS, ORDER, Record

PLENTY = 1e18  # quote: what a buy may cost when nobody says
ENDS = {Done.OPEN: LegState.OPEN, Done.FILLED: LegState.FILLED, Done.REJECTED: LegState.REFUSED}


@dataclass
class SimulatedOrder:
    """One order of a plan as it was last amended. Prices in quote, quantities in lots, times in market seconds."""

    leg: int
    attempt: int
    kind: OrderKind
    side: int
    limit: float
    stop: float
    placed: int
    reason: DeedReason
    row: Record = field(repr=False)
    state: LegState = LegState.OPEN
    spent: float = 0.0  # quantity x price of its fills

    @property
    def qty(self) -> int:
        return int(self.row["qty"])

    @property
    def filled(self) -> int:
        return int(self.row["filled"])

    @property
    def price(self) -> float | None:
        """Average price of its fills."""
        return self.spent / self.filled if self.filled else None


@dataclass(frozen=True)
class SimulatedFill:
    leg: int
    attempt: int
    time: int
    position: int
    side: int
    price: float
    qty: int
    fee: float
    maker: bool
    reason: FillReason


@dataclass
class Simulation:
    """A plan with its orders as an exchange without delays keeps them."""

    plan: Record
    rules: Record
    funds: float = PLENTY
    state: Record = field(default_factory=new_state)
    orders: list[SimulatedOrder] = field(default_factory=list)
    fills: list[SimulatedFill] = field(default_factory=list)
    ended: int = 0  # market time, 0 = not yet

    @property
    def outcome(self) -> PlanOutcome:
        return PlanOutcome(int(self.state["outcome"])) if self.ended else PlanOutcome.NONE

    def see(self, event: Record) -> None:
        """Lets an event work on the orders, then on the plan, until the plan asks for nothing more."""
        for order in self.orders:
            if order.state == LegState.OPEN:
                self._match(order, event)
        deeds = np.zeros(DEEDS, DEED)
        while count := advance(self.plan, self.state, event, self.legs(), self.rules, deeds):
            for deed in deeds[:count]:
                self._do(deed, event)

    def legs(self) -> np.ndarray:
        legs = np.zeros(LEGS, LEG)
        for order in self.orders:
            leg = legs[order.leg]
            leg["attempt"], leg["state"], leg["side"], leg["kind"] = order.attempt, order.state, order.side, order.kind
            leg["qty"], leg["filled"], leg["limit"], leg["stop"] = order.qty, order.filled, order.limit, order.stop
            leg["total"] += order.filled
            leg["open"] += order.qty - order.filled if order.state == LegState.OPEN else 0
        return legs

    def _match(self, order: SimulatedOrder, event: Record) -> None:
        fill = np.zeros(1, FILL)[0]
        if not match(order.row, event, self.rules, fill):
            return
        order.state = ENDS.get(Done(int(fill["done"])), LegState.ENDED)
        if qty := int(fill["qty"]):
            order.spent += qty * float(fill["price"])
            self.fills.append(
                SimulatedFill(
                    leg=order.leg, attempt=order.attempt, time=int(fill["time"]), position=int(fill["position"]),
                    side=order.side, price=float(fill["price"]), qty=qty, fee=float(fill["fee"]),
                    maker=bool(fill["maker"]), reason=FillReason(int(fill["reason"])),
                )
            )  # fmt: skip

    def _do(self, deed: Record, event: Record) -> None:
        if deed["what"] == Deed.END:
            self.ended = int(self.state["time"])
        elif deed["what"] == Deed.PLACE:
            self._place(deed, event)
        else:
            order = next(order for order in reversed(self.orders) if order.leg == deed["leg"])
            if deed["what"] == Deed.CANCEL:
                order.state = LegState.ENDED
            else:
                order.limit, order.stop = float(deed["limit"]), float(deed["stop"])
                order.row["qty"], order.row["limit"], order.row["stop"] = deed["qty"], deed["limit"], deed["stop"]

    def _place(self, deed: Record, event: Record) -> None:
        row = np.zeros(1, ORDER)[0]
        row["id"], row["arrival"] = len(self.orders), event["position"]
        row["funds"] = self.funds if deed["side"] > 0 else 0.0
        for name in ("side", "kind", "qty", "limit", "stop", "tif", "post_only", "expires"):
            row[name] = deed[name]
        self.orders.append(
            SimulatedOrder(
                leg=int(deed["leg"]), attempt=int(deed["attempt"]), kind=OrderKind(int(deed["kind"])),
                side=int(deed["side"]), limit=float(deed["limit"]), stop=float(deed["stop"]),
                placed=int(event["time"]), reason=DeedReason(int(deed["reason"])), row=row,
            )
        )  # fmt: skip


def simulate(
    plan: Record, candles: np.ndarray, rules: Record, *, granularity: int = 60, funds: float = PLENTY
) -> Simulation:
    """The plan from the first candle to its end or the last one. ``rules`` come of ``rules_record``; ``funds`` is the
    quote that a buy may cost. A TWAP begins at the first candle when its start is 0."""
    plan = plan.copy()
    if plan["start"] == 0 and len(candles):
        plan["start"] = candles[0]["time"]
    run = Simulation(plan, rules, funds)
    for event in events_of(candles, granularity):
        run.see(event)
        if run.ended:
            break
    return run


def events_of(candles: np.ndarray, granularity: int) -> Iterator[Record]:
    """OPEN and BAR of every candle, and TIME where one is missing."""
    clock, last = 0, np.nan
    for candle in candles:
        opened = int(candle["time"])
        while clock and clock < opened:
            yield _event(EventKind.TIME, clock, granularity, dict.fromkeys(("open", "high", "low", "close"), last))
            clock += granularity
        first = float(candle["open"])
        yield _event(EventKind.OPEN, opened, granularity, dict.fromkeys(("open", "high", "low", "close"), first))
        told = {name: candle[name] for name in ("open", "high", "low", "close", "volume")}
        yield _event(EventKind.BAR, opened, granularity, told)
        clock, last = opened + granularity, float(candle["close"])


def _event(kind: EventKind, opened: int, granularity: int, told: dict[str, Any]) -> Record:
    event = np.zeros(1, EVENT)[0]
    event["kind"] = kind
    event["position"] = event_position(session=0, time=opened, kind=kind, granularity=granularity)
    event["time"] = opened if kind == EventKind.OPEN else opened + granularity
    for name, value in told.items():
        event[name] = value
    return event
