"""Why no trade: the recorded gates of a user's bots, side by side, over a day, and at an earlier time."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.db.models import Count

from apps.accounts.models import TradingAccount
from apps.bots.explain import CONDITION_GATES, gates_of
from apps.bots.models import Bot, BotVersion, Evaluation
from apps.bots.rows import BotRow
from apps.bots.selectors import evaluations, session_floor
from apps.risk.gates import BLOCKS, OFF, PASS, UNKNOWN, GateLine
from engine.gates import TEXTS, Gate
from engine.kinds import Verdict
from engine.strategies.registry import REGISTRY
from engine.temperature import Temperature

LOOK_BACK = 500  # decisions in which the beginning of a gate's state is looked for
DAY = timedelta(hours=24)

# Columns of the matrix, in pipeline order.
COLUMNS: list[tuple[str, tuple[int, ...]]] = [
    ("Data", (Gate.DATA, Gate.HISTORY)),
    ("Market", (Gate.MARKET, Gate.EXCHANGE)),
    ("Bot", (Gate.STATE, Gate.FLAT)),
    ("Halt", (Gate.HALT,)),
    ("Signal", (*CONDITION_GATES, Gate.SIGNAL)),
    ("Confirmation", (Gate.CONFIRMATION,)),
    ("Waiting", (Gate.COOLDOWN, Gate.STEP)),
    ("Limits", (Gate.MAX_POSITIONS, Gate.POSITION_SIZE, Gate.EXPOSURE, Gate.DAILY_LOSS)),
    ("Funds", (Gate.BALANCE, Gate.MIN_SIZE)),
]


@dataclass(frozen=True)
class Cell:
    """Gates of one column: the worst of them counts, so that unknown is never shown as a pass."""

    label: str
    status: str
    gates: list[GateLine]

    @property
    def title(self) -> str:
        worst = [gate for gate in self.gates if gate.status == self.status]
        return "; ".join(f"{gate.name} {gate.value} ({gate.threshold})" for gate in worst)


@dataclass(frozen=True)
class MatrixRow:
    row: BotRow
    gates: list[GateLine]
    cells: list[Cell]

    @property
    def blocking(self) -> int:
        return sum(gate.status == BLOCKS for gate in self.gates)

    @property
    def near(self) -> bool:
        """One gate away from an entry, or warm."""
        return self.blocking == 1 or self.row.temperature in (Temperature.HOT, Temperature.WARM)


def matrix(rows: Sequence[BotRow], show: str = "all") -> list[MatrixRow]:
    """A row for each bot that has decided; ``show`` is 'all', 'blocked' or 'near'. The nearest to a trade first."""
    found = []
    for row in rows:
        if row.evaluation is not None:
            gates = gates_of(row.evaluation)
            found.append(MatrixRow(row, gates, [_cell(label, indices, gates) for label, indices in COLUMNS]))
    keep = {"all": lambda row: True, "blocked": lambda row: row.blocking > 0, "near": lambda row: row.near}[show]
    return sorted((row for row in found if keep(row)), key=lambda row: row.blocking)


def _cell(label: str, indices: Iterable[int], gates: list[GateLine]) -> Cell:
    members = [gate for gate in gates if gate.index in set(indices)]
    statuses = {gate.status for gate in members}
    status = next((status for status in (BLOCKS, UNKNOWN, PASS) if status in statuses), OFF)
    return Cell(label, status, members)


@dataclass(frozen=True)
class GateRow:
    """A gate of one decision with the time since which it stands so; ``always``: longer than was looked back."""

    gate: GateLine
    blocking: bool
    since: datetime | None
    always: bool

    @property
    def closeness(self) -> int | None:
        """Percent of the way to the threshold, for the bar; None when there is no distance."""
        if self.gate.distance is None or self.gate.status in (UNKNOWN, OFF):
            return None
        if self.gate.status == PASS:
            return 100
        return max(0, round(100 * (1 - min(1.0, abs(self.gate.distance)))))


def gate_rows(evaluation: Evaluation) -> list[GateRow]:
    """Every gate of a decision, in order, with how long it has stood so."""
    earlier = evaluations(evaluation.bot).filter(position__lte=evaluation.position)
    history = list(earlier.values_list("at", "passed", "unknown")[:LOOK_BACK])
    return [_gate_row(evaluation, gate, history) for gate in gates_of(evaluation)]


def _gate_row(evaluation: Evaluation, gate: GateLine, history: list[tuple[datetime, int, int]]) -> GateRow:
    since, always = None, True
    now = _bits(evaluation.passed, evaluation.unknown, gate.index)
    for at, passed, unknown in history:
        if _bits(passed, unknown, gate.index) != now:
            always = False
            break
        since = at
    said_no = evaluation.verdict == Verdict.BLOCKED and gate.index == evaluation.blocking
    return GateRow(gate, said_no, since, always and len(history) == LOOK_BACK)


def _bits(passed: int, unknown: int, index: int) -> tuple[int, int]:
    return passed >> index & 1, unknown >> index & 1


@dataclass(frozen=True)
class Blocked:
    """How often a gate was the one that said no."""

    name: str
    count: int
    share: float  # of all decisions without a trade


def blocked_counts(bots: Sequence[Bot], until: datetime | None) -> list[Blocked]:
    """What blocked in the 24 hours of market time before ``until``, most often first."""
    if not bots or until is None:
        return []
    accounts = {bot.account_id for bot in bots}
    seqs = TradingAccount.objects.filter(pk__in=accounts).order_by("pk").values_list("pk", "seq")
    floor = session_floor(bots[0].product.venue)
    return list(_blocked(tuple(sorted(bot.pk for bot in bots)), until, floor, tuple(seqs)))


@lru_cache(maxsize=128)
def _blocked(bots: tuple[int, ...], until: datetime, floor: int, seqs: tuple[tuple[int, int], ...]) -> list[Blocked]:
    """A day of fifty bots is seventy thousand rows. ``seqs``: how far the bots' accounts were; each decision moves its
    account on, so that what is kept is never old."""
    since = until - DAY
    rows = (
        Evaluation.objects.filter(
            bot__in=bots, at__gt=since, day__gte=since.date(), position__gte=floor, verdict=Verdict.BLOCKED
        )
        .values_list("version", "blocking")
        .annotate(count=Count("pk"))
    )  # fmt: skip
    strategies = dict(BotVersion.objects.filter(bot__in=bots).values_list("pk", "strategy"))
    counts: Counter[str] = Counter()
    for version, gate, count in rows:
        counts[gate_name(strategies[version], gate)] += count
    total = counts.total()
    return [Blocked(name, count, count / total) for name, count in counts.most_common(8)]


def gate_name(strategy: str, index: int) -> str:
    if index in CONDITION_GATES:
        return REGISTRY[strategy].conditions[index - Gate.CONDITION].label
    return TEXTS[Gate(index)].name


def decision_at(bot: Bot, at: datetime) -> Evaluation | None:
    """The decision in force at a market time of this session: the last one not after it."""
    return evaluations(bot).filter(at__lte=at).first()


def neighbours(evaluation: Evaluation) -> tuple[Evaluation | None, Evaluation | None]:
    """The decisions before and after."""
    around = evaluations(evaluation.bot)
    before = around.filter(position__lt=evaluation.position).first()
    after = around.filter(position__gt=evaluation.position).order_by("position").first()
    return before, after
