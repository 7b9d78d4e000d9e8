"""What holds of every plan, whatever the market and the exchange do.

The exchange of these tests is as bad as they come: it fills any part of any order at any time, refuses, takes cancels
and amendments late or never, lets orders end by themselves, and loses sight of them; an order that is being cancelled
may still fill. The platform of these tests saves nothing at times (it crashed) and gives the same event again.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kinds import Deed, EventKind, LegState, OrderKind, PlanKind, PlanOutcome, PlanPhase, TimeInForce
from engine.plans.advance import advance
from engine.plans.memory import new_state, state_bytes, state_from_bytes
from engine.plans.simulate import Simulation
from engine.plans.triggers import next_triggers
from engine.plans.wants import ENTRY, too_small
from engine.records import DEED, DEEDS, EVENT, LEG, LEGS, PLAN, PLAN_STATE
from engine.tests.plans import native
from engine.tests.records import record, rules

WORKING = {LegState.PENDING, LegState.OPEN, LegState.UNKNOWN, LegState.CANCELLING}
RULES = rules()
TICKS = st.integers(9000, 11000)
CHOICES = st.integers(0, 9)


@st.composite
def plans(draw, kinds=tuple(PlanKind)):
    """A plan of any kind that the form would accept. Centred at 100, so that its mirror is one too."""
    kind, side = draw(st.sampled_from(kinds)), draw(st.sampled_from([1, -1]))
    natives = draw(st.lists(st.sampled_from([OrderKind.STOP, OrderKind.STOP_LIMIT, OrderKind.BRACKET]), unique=True))
    near, far = sorted(draw(st.lists(st.integers(1, 900), min_size=2, max_size=2)))
    terms = {
        "kind": kind, "side": side, "qty": draw(st.integers(20, 300)), "native": native(*natives),
        "source": draw(st.integers(0, 1)), "swap": draw(st.integers(1, 300)),
        "escalate_after": draw(st.sampled_from([0, 60, 300])),
    }  # fmt: skip
    worse = 1 if (side > 0) != (kind == PlanKind.BRACKET) else -1  # where the price hurts the exits
    if kind in {PlanKind.TRIGGER, PlanKind.OCO, PlanKind.BRACKET}:
        terms["stop"] = 100 + worse * near / 100
        terms["stop_limit"] = draw(st.sampled_from([0.0, 100 + worse * far / 100]))
    if kind in {PlanKind.OCO, PlanKind.BRACKET}:
        terms["target"] = 100 - worse * far / 100
    if kind == PlanKind.BRACKET:
        terms["limit"] = draw(st.sampled_from([0.0, 100.0]))
    if kind == PlanKind.TRAILING:
        terms |= {"callback": near / 100, "absolute": True, "rest": draw(st.booleans()), "every": near}
        terms |= {"activation": draw(st.sampled_from([0.0, 100 - worse * 3])), "by_limit": draw(st.booleans())}
    if kind == PlanKind.ICEBERG:
        terms |= {"display": draw(st.integers(2, 30)), "variance": 0.3, "seed": near, "drift": 0.02}
        terms["limit"] = draw(st.sampled_from([0.0, 100 + worse * far / 100]))
    if kind == PlanKind.TWAP:
        terms |= {"slices": draw(st.integers(2, 9)), "duration": 600, "start": 60, "tif": TimeInForce.IOC}
        terms["limit"] = draw(st.sampled_from([0.0, 100 + worse * far / 100]))
    return terms


@st.composite
def markets(draw, minutes=12):
    """(kind, minute, open, high, low, close) in ticks."""
    events = []
    for minute in range(1, draw(st.integers(2, minutes))):
        low, first, last, high = sorted(draw(st.lists(TICKS, min_size=4, max_size=4)))
        if draw(st.booleans()):
            first, last = last, first
        if draw(CHOICES) == 0:
            events.append((EventKind.TIME, minute, first, first, first, first))
        else:
            events.append((EventKind.OPEN, minute, first, first, first, first))
            events.append((EventKind.BAR, minute, first, high, low, last))
    return events


def exits_sell(terms):
    return (terms["side"] < 0) != (terms["kind"] == PlanKind.BRACKET)


def shown(kind, minute, *prices, mirror=False):
    first, high, low, last = prices
    if mirror:
        first, high, low, last = 20000 - first, 20000 - low, 20000 - high, 20000 - last
    later = kind != EventKind.OPEN
    return record(
        EVENT, kind=kind, position=2 * minute + later, time=60 * (minute + later), open=first / 100, high=high / 100,
        low=low / 100, close=last / 100, volume=1e6,
    )  # fmt: skip


def remembered(state):
    """All of it but what it says anew at every event: what it wants and why."""
    told_anew = {name for name in PLAN_STATE.names if name.startswith("want_")} | {"reason"}
    return {name: state[name].tolist() for name in PLAN_STATE.names if name not in told_anew}


class BadExchange:
    """Holds the orders of one plan; ``draw`` decides what goes wrong."""

    def __init__(self, terms, draw):
        self.plan, self.state, self.draw = record(PLAN, **terms), new_state(), draw
        self.orders, self.ended = [], False

    def rows(self):
        legs = np.zeros(LEGS, LEG)
        for order in self.orders:
            leg = legs[order["leg"]]
            for name in ("attempt", "state", "side", "kind", "qty", "filled", "limit", "stop"):
                leg[name] = order[name]
            leg["total"] += order["filled"]
            leg["open"] += order["qty"] - order["filled"] if order["state"] in WORKING else 0
        return legs

    def give(self, event):
        """One event, perhaps with a crash before the commit, and always a second time."""
        deeds, rows = np.zeros(DEEDS, DEED), self.rows()
        if self.draw(CHOICES) == 0:  # crashed: nothing was saved, the same call gives the same
            lost, before = np.zeros(DEEDS, DEED), state_from_bytes(state_bytes(self.state))
            expected = advance(self.plan, before, event, rows, RULES, lost)
            count = advance(self.plan, self.state, event, rows, RULES, deeds)
            assert count == expected
            assert deeds.tobytes() == lost.tobytes()
        else:
            count = advance(self.plan, self.state, event, rows, RULES, deeds)
        before = remembered(self.state)
        assert advance(self.plan, self.state, event, rows, RULES, np.zeros(DEEDS, DEED)) == 0
        assert remembered(self.state) == before
        for deed in deeds[:count]:
            self.do(deed)

    def do(self, deed):
        assert not self.ended, "a plan that is over asks for nothing"
        if deed["what"] == Deed.END:
            self.ended = True
            assert not any(order["state"] in WORKING for order in self.orders)
        elif deed["what"] == Deed.PLACE:
            assert deed["attempt"] == 1 + sum(order["leg"] == deed["leg"] for order in self.orders)
            fields = {name: deed[name] for name in ("leg", "attempt", "side", "kind", "qty", "limit", "stop")}
            self.orders.append(fields | {"filled": 0, "state": LegState.PENDING, "amended": None})
        else:
            order = next(order for order in reversed(self.orders) if order["leg"] == deed["leg"])
            assert order["attempt"] == deed["attempt"]
            assert order["state"] in {LegState.PENDING, LegState.OPEN}
            if deed["what"] == Deed.CANCEL:
                order["state"] = LegState.CANCELLING
            else:
                assert deed["qty"] > order["filled"]
                order["amended"] = {name: deed[name] for name in ("qty", "limit", "stop")}
        self.check()

    def check(self):
        """All that traded and all that may still trade is within the plan, and the exits within their entry."""
        legs = self.rows()
        entry, exits = legs[ENTRY], legs[1:]
        if self.plan["kind"] == PlanKind.BRACKET:
            assert entry["total"] + entry["open"] <= self.plan["qty"]
            assert exits["total"].sum() + exits["open"].sum() <= entry["total"]
        else:
            assert legs["total"].sum() + legs["open"].sum() <= self.plan["qty"]

    def happen(self, order):
        """What becomes of a working order between two events."""
        what = self.draw(CHOICES)
        if order["amended"] and what < 5:
            order |= {"qty": max(order["amended"]["qty"], order["filled"])} | {
                name: order["amended"][name] for name in ("limit", "stop")
            }
            order["amended"] = None
        if what in {3, 4, 5} and order["qty"] > order["filled"]:
            order["filled"] += self.draw(st.integers(1, int(order["qty"] - order["filled"])))
        if order["filled"] >= order["qty"]:
            order["state"] = LegState.FILLED
        elif order["state"] == LegState.CANCELLING:
            order["state"] = {6: LegState.OPEN}.get(what, LegState.ENDED if what > 1 else LegState.CANCELLING)
        elif order["state"] == LegState.PENDING:
            refused = LegState.REFUSED if order["filled"] == 0 else LegState.OPEN
            order["state"] = {8: LegState.UNKNOWN, 9: refused}.get(what, LegState.OPEN if what else LegState.PENDING)
        elif what == 9 or (order["state"] == LegState.UNKNOWN and what > 5):
            order["state"] = LegState.ENDED
        elif what > 0:
            order["state"] = LegState.OPEN

    def go_on(self):
        for order in self.orders:
            if order["state"] in WORKING:
                self.happen(order)


@settings(max_examples=300, deadline=None)
@given(plans(), markets(), st.data())
def test_no_plan_ever_trades_more_than_it_was_asked_to(terms, market, data):
    exchange = BadExchange(terms, data.draw)
    for row in market:
        event = shown(*row)
        exchange.give(event)
        exchange.go_on()
        event["kind"] = EventKind.CHANGE
        exchange.give(event)
        exchange.go_on()
        if data.draw(CHOICES) == 0:
            exchange.state["stopping"] = True
        exchange.check()


def calm(exchange):
    """The exchange has come to its senses: it does what it was asked to, and fills what rests."""
    for order in exchange.orders:
        if order["state"] not in WORKING:
            continue
        if order["amended"]:
            order.update(order["amended"], qty=max(order["amended"]["qty"], order["filled"]), amended=None)
        if order["state"] in {LegState.CANCELLING, LegState.UNKNOWN}:
            order["state"] = LegState.ENDED
        else:
            order |= {"filled": order["qty"], "state": LegState.FILLED}


@settings(max_examples=60, deadline=None)
@given(plans(), markets(6), st.data(), st.booleans())
def test_no_plan_gets_stuck(terms, market, data, stopped):
    """Whatever went wrong before: with a working exchange, first good prices and then bad ones bring it to its end, and
    a plan that is stopped ends at once."""
    exchange = BadExchange(terms, data.draw)
    for row in market:
        exchange.give(shown(*row))
        exchange.go_on()
    exchange.draw, exchange.state["stopping"] = (lambda strategy: 1), stopped
    exits = -terms["side"] if terms["kind"] == PlanKind.BRACKET else terms["side"]
    for minute in range(100, 104 if stopped else 400):
        if exchange.ended:
            break
        tick = 15000 if (exits < 0) == (minute < 300) else 5000
        exchange.give(shown(EventKind.OPEN, minute, tick, tick, tick, tick))
        calm(exchange)
    assert exchange.ended


@settings(max_examples=100, deadline=None)
@given(plans(kinds=(PlanKind.OCO, PlanKind.BRACKET, PlanKind.TRAILING)).filter(exits_sell), markets(), st.data())
def test_exits_never_ask_for_more_than_the_position_still_holds(terms, market, data):
    """What is sold elsewhere is reported as available: nothing is placed beyond it."""
    exchange = BadExchange(terms, data.draw)
    elsewhere = 0
    for row in market:
        legs = exchange.rows()
        exits = legs["total"].sum() - (legs[ENTRY]["total"] if terms["kind"] == PlanKind.BRACKET else 0)
        bought = legs[ENTRY]["total"] if terms["kind"] == PlanKind.BRACKET else terms["qty"]
        held = int(bought - exits)
        elsewhere = min(held, elsewhere + (data.draw(st.integers(0, 20)) if held > elsewhere else 0))
        exchange.state["available"] = held - elsewhere
        before = len(exchange.orders)
        exchange.give(shown(*row))
        placed = sum(order["qty"] for order in exchange.orders[before:] if order["leg"] != ENTRY)
        assert placed <= held - elsewhere
        exchange.go_on()


@settings(deadline=None)
@given(plans(kinds=(PlanKind.TRAILING,)), markets(30))
def test_a_trailing_stop_never_loosens(terms, market):
    run = Simulation(record(PLAN, **terms), RULES)
    stops, rested = [], []
    for row in market:
        run.see(shown(*row))
        stops.append(run.state["stop"] * -terms["side"])
        rested.append(run.state["rested"] * -terms["side"])
    for series in (stops, rested):
        set_ones = [stop for stop in series if stop]
        assert set_ones == sorted(set_ones)
        assert 0.0 not in series[len(series) - len(set_ones) :]


@settings(deadline=None)
@given(plans(kinds=(PlanKind.TRIGGER, PlanKind.OCO, PlanKind.BRACKET, PlanKind.TRAILING)), markets())
def test_a_plan_to_buy_is_the_mirror_of_one_to_sell(terms, market):
    """Prices mirrored at 100. Ratios do not mirror, so distances are in quote here."""
    prices = ("limit", "stop", "stop_limit", "target", "activation")
    mirrored = terms | {"side": -terms["side"]} | {n: 200 - terms[n] for n in prices if terms.get(n)}
    one, other = Simulation(record(PLAN, **terms), RULES), Simulation(record(PLAN, **mirrored), RULES)
    for row in market:
        one.see(shown(*row))
        other.see(shown(*row, mirror=True))
    assert [(order.leg, order.kind, order.qty, order.filled, order.placed) for order in one.orders] == [
        (order.leg, order.kind, order.qty, order.filled, order.placed) for order in other.orders
    ]
    assert [200 - fill.price for fill in one.fills] == pytest.approx([fill.price for fill in other.fills])
    assert one.state["phase"] == other.state["phase"]


@settings(deadline=None)
@given(plans(kinds=(PlanKind.ICEBERG, PlanKind.TWAP)), markets(40))
def test_slices_sum_to_the_total(terms, market):
    """Each slice fills completely before the next is wanted: none is lost, none too many."""
    run = Simulation(record(PLAN, **terms), RULES)
    for row in market:
        for order in run.orders:
            if order.state == LegState.OPEN:
                order.row["filled"], order.state = order.qty, LegState.FILLED
        run.see(shown(*row))
    total = sum(order.qty for order in run.orders if order.state != LegState.ENDED)
    assert total <= terms["qty"]
    if terms["kind"] == PlanKind.TWAP and run.state["slices"] == terms["slices"] and not run.state["paused"]:
        assert total == terms["qty"]  # the last slice takes all
    if run.state["outcome"] == PlanOutcome.FILLED:  # or the price has made the rest too little to trade
        assert total == terms["qty"] or too_small(terms["qty"] - total, run.state["last"], RULES)


@settings(deadline=None)
@given(plans(), markets())
def test_a_tick_between_the_watched_prices_would_change_nothing(terms, market):
    """What a live stream does not pass on, the plan would not have acted upon."""
    run = Simulation(record(PLAN, **terms), RULES)
    for row in market:
        run.see(shown(*row))
        if run.state["phase"] == PlanPhase.DONE:
            return
        below, above = next_triggers(run.plan, run.state)
        for price in (int(run.state["last"] * 100 + 0.5) + step for step in (-300, -20, 0, 20, 300)):
            if price / 100 <= below or price / 100 >= above:
                continue
            trial = state_from_bytes(state_bytes(run.state))
            tick = shown(EventKind.TICK, row[1] + 1, price, price, price, price)
            tick["time"] = run.state["time"]
            count = advance(run.plan, trial, tick, run.legs(), RULES, np.zeros(DEEDS, DEED))
            assert count == 0 or terms["kind"] == PlanKind.TWAP
            assert trial["fired_time"] == run.state["fired_time"]
