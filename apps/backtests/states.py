"""The states of a backtest and what may follow what."""

from django.db import models


class State(models.TextChoices):
    PENDING = "pending", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class Stage(models.TextChoices):
    """What a running one is at."""

    LOAD = "load", "Loading candles"
    SIMULATE = "simulate", "Simulating"
    REPORT = "report", "Writing the report"


OPEN = [State.PENDING, State.RUNNING]
TRANSITIONS: dict[State, set[State]] = {
    State.PENDING: {State.RUNNING, State.CANCELLED},
    # PENDING: its worker is shut down; RUNNING: its worker died and another takes it over.
    State.RUNNING: {State.PENDING, State.RUNNING, State.DONE, State.FAILED, State.CANCELLED},
    State.DONE: set(),
    State.FAILED: set(),
    State.CANCELLED: set(),
}


def sources_of(target: State) -> list[State]:
    """The states from which a backtest may go to ``target``."""
    return [state for state, followers in TRANSITIONS.items() if target in followers]
