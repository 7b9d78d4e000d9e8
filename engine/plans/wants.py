"""What a kind of plan says about its legs, and what is true of orders in general."""

from engine.jit import njit
from engine.kinds import LegState, PlanPhase
from engine.records import LEGS, Record

# The same leg has the same task in every kind.
ENTRY, STOP_LEG, TARGET_LEG, MARKET_LEG = range(LEGS)  # a bracket's entry or the slices; stop; target; the way out
ENDING = PlanPhase.ENDING.value
PENDING, OPEN, UNKNOWN, CANCELLING = (
    state.value for state in (LegState.PENDING, LegState.OPEN, LegState.UNKNOWN, LegState.CANCELLING)
)
MAX_TRIES = 5


@njit
def want_nothing(state: Record) -> None:
    for k in range(LEGS):
        state["want_qty"][k] = 0


@njit
def want(state: Record, k: int, kind: int, qty: int, limit: float, stop: float) -> None:
    """Leg ``k`` should have an order with ``qty`` lots left to fill."""
    state["want_kind"][k], state["want_qty"][k] = kind, qty
    state["want_limit"][k], state["want_stop"][k] = limit, stop


@njit
def keep(state: Record, legs: Record, k: int, most: int) -> None:
    """Leg ``k`` should go on with the order it has, at most ``most`` lots of it."""
    leg = legs[k]
    want(state, k, leg["kind"], min(leg["qty"] - leg["filled"], most), leg["limit"], leg["stop"])


@njit
def alive(leg: Record) -> bool:
    """The newest order of the leg may still fill."""
    return leg["state"] == PENDING or leg["state"] == OPEN or leg["state"] == UNKNOWN or leg["state"] == CANCELLING


@njit
def busy(state: Record, legs: Record, k: int) -> bool:
    """An order of the leg may still fill, or has been asked for and is not in its row yet."""
    return alive(legs[k]) or state["placed"][k] > legs[k]["attempt"]


@njit
def idle(state: Record, legs: Record) -> bool:
    """No order of the plan may still fill."""
    for k in range(LEGS):  # noqa: SIM110 - the compiler knows no generators
        if busy(state, legs, k):
            return False
    return True


@njit
def given_up(state: Record, legs: Record, k: int) -> bool:
    """The exchange has refused the leg so often that it is not asked again."""
    return state["tries"][k] >= MAX_TRIES and not busy(state, legs, k)


@njit
def exits_filled(legs: Record) -> int:
    """Lots that stop, target and the way out have traded."""
    return legs[STOP_LEG]["total"] + legs[TARGET_LEG]["total"] + legs[MARKET_LEG]["total"]


@njit
def left_of(state: Record, qty: int, side: int) -> int:
    """``qty``; of sales what the position still holds, if that is less."""
    return min(qty, state["available"]) if side < 0 and state["available"] >= 0 else qty


@njit
def holds(plan: Record, kind: int) -> bool:
    """The exchange has this kind of order itself."""
    return (plan["native"] >> kind) & 1 == 1


@njit
def too_small(qty: int, price: float, rules: Record) -> bool:
    """The exchange would not take an order of so little."""
    return qty < rules["min_qty"] or qty <= 0 or qty * rules["lot"] * price < rules["min_notional"]


@njit
def finish(state: Record, outcome: int, reason: int) -> None:
    """The plan comes to its end: nothing should rest any more. It is over when nothing can fill any more."""
    state["phase"], state["outcome"], state["reason"] = ENDING, outcome, reason
    want_nothing(state)
