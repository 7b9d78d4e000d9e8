"""Decisions in figures: how many of which verdict, what blocked, how fast, and what waits."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client.core import Metric

from apps.bots.models import Bot, Evaluation, EvaluationBatch
from apps.operations.metrics.counting import Counted
from apps.operations.metrics.exposition import gauge
from apps.operations.metrics.latencies import NEWEST, quantiles
from engine.gates import CONDITIONS, Gate
from engine.kinds import Verdict

DONE = EvaluationBatch.State.DONE


def labels(row: Mapping[str, Any]) -> dict[str, str]:
    """The verdict, and the gate that blocked where one did."""
    verdict = Verdict(row["verdict"])
    blocked = verdict is Verdict.BLOCKED and row["blocking"] >= 0
    return {"verdict": verdict.name.lower(), "gate": gate_name(row["blocking"]) if blocked else ""}


def gate_name(index: int) -> str:
    """'cooldown', 'daily_loss'; the strategy's own conditions are one name."""
    if Gate.CONDITION <= index < Gate.CONDITION + CONDITIONS:
        return "condition"
    return Gate(index).name.lower()


DECISIONS = Counted(
    name="tradingsite_decisions_total",
    help="decisions of bots by verdict and, where an entry was blocked, by the first gate that blocked",
    model=Evaluation,
    created="created",
    by=("verdict", "blocking"),
    labels=labels,
)


def oldest_batch() -> float:
    """Seconds for which the oldest batch has waited to be decided on; 0 = none waits."""
    created = EvaluationBatch.objects.exclude(state=DONE).aggregate(oldest=Min("created"))["oldest"]
    return (timezone.now() - created).total_seconds() if created else 0.0


def bot_gauges() -> Iterable[Metric]:
    states = dict.fromkeys(Bot.State.values, 0)
    states.update(Bot.objects.order_by().values_list("state").annotate(Count("pk")))
    yield gauge("tradingsite_bots", "bots by state", [({"state": state}, count) for state, count in states.items()])
    newest = EvaluationBatch.objects.filter(state=DONE).order_by("-pk")[:NEWEST].values_list("created", "finished")
    yield gauge(
        "tradingsite_decision_seconds",
        f"bar committed to all its decisions committed, quantiles of the newest {NEWEST} batches",
        quantiles((finished - created).total_seconds() for created, finished in newest if finished),
    )
