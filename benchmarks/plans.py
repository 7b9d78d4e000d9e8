"""Advanced orders in the core: the cost of one advance of each kind, and ticks against 1,000 armed triggers.

    .venv/bin/python -m benchmarks.plans [SECONDS]

Each kind for SECONDS (3): 1,000 plans in one call, and one plan a call from Python, given as arrays and as records. The
events are bars in which nothing happens to the plan: that is what nearly all events are.
"""

import os
import sys
import time
from collections.abc import Callable

import numpy as np

from engine.config import Costs, rules_record
from engine.kinds import EventKind, LegState, OrderKind, PlanKind
from engine.plans.advance import advance, advance_each
from engine.plans.memory import new_state
from engine.plans.triggers import crossed, next_triggers
from engine.records import DEED, DEEDS, EVENT, LEG, LEGS, PLAN, Record
from engine.warm import PRODUCT

TRIGGERS = 1000
PLANS: dict[PlanKind, dict[str, object]] = {
    PlanKind.TRIGGER: {"stop": 90.0},
    PlanKind.OCO: {"stop": 90.0, "target": 110.0, "swap": 10, "native": 1 << OrderKind.STOP},
    PlanKind.BRACKET: {"side": 1, "limit": 95.0, "stop": 90.0, "target": 110.0, "native": 1 << OrderKind.STOP},
    PlanKind.TRAILING: {"callback": 0.1, "native": 1 << OrderKind.STOP, "rest": True, "every": 10},
    PlanKind.ICEBERG: {"display": 10, "variance": 0.1, "offset": 0.01, "drift": 0.05},
    PlanKind.TWAP: {"slices": 4, "duration": 10**12, "start": 1, "offset": 0.01},
}


def event_at(number: int, price: float) -> Record:
    event = np.zeros(1, EVENT)[0]
    event["kind"], event["position"], event["time"] = EventKind.BAR, number, number
    event["open"], event["high"], event["low"], event["close"] = price, price + 0.2, price - 0.3, price + 0.1
    return event


class Bench:
    """One plan whose orders rest."""

    def __init__(self, kind: PlanKind) -> None:
        self.plan = np.zeros(1, PLAN)[0]
        for name, value in ({"kind": kind, "side": -1, "qty": 100} | PLANS[kind]).items():
            self.plan[name] = value
        self.state, self.legs, self.deeds = new_state(), np.zeros(LEGS, LEG), np.zeros(DEEDS, DEED)
        self.rules, self.event = rules_record(PRODUCT, Costs())[0], event_at(2, 100.0)
        for number in (1, 2):
            for deed in self.deeds[: self.advance(event_at(number, 100.0))]:
                leg = self.legs[deed["leg"]]
                leg["attempt"], leg["state"], leg["open"] = deed["attempt"], LegState.OPEN, deed["qty"]
                for name in ("side", "kind", "qty", "limit", "stop"):
                    leg[name] = deed[name]

    def advance(self, event: Record) -> int:
        return advance(self.plan, self.state, event, self.legs, self.rules, self.deeds)

    def records(self) -> int:
        """One plan; the number of plans advanced."""
        self.event["position"] += 1
        self.advance(self.event)
        return 1


class Rows:
    """Many times the same plan, as arrays."""

    def __init__(self, bench: Bench, size: int) -> None:
        self.plans, self.states = (np.repeat(np.array([each]), size) for each in (bench.plan, bench.state))
        self.legs, self.deeds = np.tile(bench.legs, (size, 1)), np.zeros((size, DEEDS), DEED)
        self.event, self.rules = np.array([bench.event]), rules_record(PRODUCT, Costs())
        self.counts = np.zeros(size, np.int64)

    def arrays(self) -> int:
        self.event["position"] += 1
        advance_each(self.plans, self.states, self.event, self.legs, self.rules, self.deeds, self.counts)
        return len(self.plans)


def nanoseconds(call: Callable[[], int], seconds: float) -> float:
    """Median of a plan's advance in the call, which says how many it advanced."""
    call()
    spent, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.perf_counter_ns()
        advanced = call()
        spent.append((time.perf_counter_ns() - start) / advanced)
    return float(np.median(spent))


def ticks_a_second(hits: int, seconds: float) -> float:
    """Ticks of a walk against 1,000 armed stops; each of ``hits`` in 1,000 ticks reaches one, which is advanced."""
    benches = [Bench(PlanKind.TRIGGER) for _ in range(TRIGGERS)]
    watched = np.array([next_triggers(bench.plan, bench.state) for bench in benches])
    found, seen, end = np.zeros(TRIGGERS, np.int64), 0, time.monotonic() + seconds
    tick = event_at(10, 100.0)
    tick["kind"] = EventKind.TICK
    while time.monotonic() < end:
        for number in range(1000):
            price = 100.0
            if number < hits:
                watched[number, 0], price = 99.0, 98.9
            for i in found[: crossed(watched, price, found)]:
                tick["position"] += 1
                benches[i].advance(tick)
                watched[i] = next_triggers(benches[i].plan, benches[i].state)
        seen += 1000
    return seen / seconds


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'ns an advance':14}{'1,000 a call':>13}{'one, arrays':>13}{'one, records':>13}")
    for kind in PlanKind:
        bench = Bench(kind)
        calls = (Rows(bench, TRIGGERS).arrays, Rows(bench, 1).arrays, bench.records)
        print(f"{kind.name.lower():14}" + "".join(f"{nanoseconds(call, seconds):13,.0f}" for call in calls))
    for hits in (0, 10):
        print(f"{TRIGGERS:,} armed triggers, {hits} of 1,000 ticks hit: {ticks_a_second(hits, seconds):,.0f} ticks/s")


if __name__ == "__main__":
    main()
