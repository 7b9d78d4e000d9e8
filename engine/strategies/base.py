"""What a strategy is: parameters with bounds, named conditions, and a function from candles to signals.

Imports neither the compiler nor the indicator library: web pages read the definitions for their forms.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from engine.records import CONDITIONS, SIGNAL, Record


class ParameterError(ValueError):
    """A parameter that a strategy does not accept; names the field, the value and the rule."""

    def __init__(self, field: str, value: object, rule: str) -> None:
        super().__init__(f"{field} {rule}, was {value!r}")
        self.field = field
        self.value = value
        self.rule = rule


@dataclass(frozen=True)
class Parameter:
    """A number that a strategy can be told. ``minimum`` and ``maximum`` bind; outside ``usual`` there is a warning.

    Kinds: 'int', 'float', 'ratio' (0.005 is 0.5 %), 'seconds' (whole).
    """

    name: str
    label: str
    kind: str
    default: float
    minimum: float
    maximum: float
    help: str = ""
    usual: tuple[float, float] | None = None

    def parse(self, raw: object) -> int | float:
        """The value from a form, a command line or JSON. Raises ParameterError."""
        whole = self.kind in ("int", "seconds")
        try:
            value = float(str(raw).strip())
        except ValueError:
            raise ParameterError(self.name, raw, "must be a number") from None
        if whole and value != int(value if np.isfinite(value) else 0):
            raise ParameterError(self.name, raw, "must be a whole number")
        if not self.minimum <= value <= self.maximum:
            raise ParameterError(self.name, raw, f"must be between {self.minimum:g} and {self.maximum:g}")
        return int(value) if whole else value


@dataclass(frozen=True)
class Condition:
    """A named demand that a long entry makes: its value must stand in ``relation`` to its threshold."""

    name: str
    label: str
    relation: str  # one of RELATIONS
    miss: str = ""  # how its failure reads, with {value} and {threshold}; "" = made from label and relation

    def failure(self, value: str, threshold: str) -> str:
        """The unmet demand in words."""
        return (self.miss or f"{self.label}: {{value}} is not {self.relation} {{threshold}}").format(
            value=value, threshold=threshold
        )


RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<=": operator.le,
    "<": operator.lt,
}


Params = Mapping[str, Any]
Column = np.ndarray


@dataclass(frozen=True)
class Signals:
    """Signals of a run of candles, one element a candle; see SIGNAL in engine.records for the units.

    ``stop``, ``target`` and ``hold`` are columns too, or one element for all candles. ``values`` and ``thresholds``
    hold one column for each of ``conditions``; a threshold may be one number. A long side means that all hold.
    """

    side: Column
    score: Column
    confidence: Column
    stop: Column
    target: Column
    hold: Column
    conditions: tuple[Condition, ...]
    values: list[Column]
    thresholds: list[Column | float]

    def __len__(self) -> int:
        return len(self.side)

    @cached_property
    def rows(self) -> np.ndarray:
        """All signals as an array of SIGNAL."""
        rows = np.zeros(len(self), SIGNAL)
        for name in SIGNAL.names or ():
            rows[name] = getattr(self, name)
        return rows

    @cached_property
    def passed(self) -> list[Column]:
        """Where each condition holds; an undefined value holds nothing."""
        judged = zip(self.conditions, self.values, self.thresholds, strict=True)
        return [RELATIONS[condition.relation](value, threshold) for condition, value, threshold in judged]

    def conditions_at(self, index: int) -> Record:
        """The conditions of one candle as ``step`` takes them."""
        record = np.zeros(1, CONDITIONS)[0]
        record["values"] = record["thresholds"] = np.nan
        for k, (condition, column, limit) in enumerate(zip(self.conditions, self.values, self.thresholds, strict=True)):
            value, threshold = column[index], limit[index] if isinstance(limit, np.ndarray) else limit
            record["values"][k], record["thresholds"][k] = value, threshold
            record["used"] |= 1 << k
            record["passed"] |= int(RELATIONS[condition.relation](value, threshold)) << k
        return record


@dataclass(frozen=True)
class Strategy:
    """One strategy. ``warmup``: bars after which earlier ones no longer matter (beyond 1e-9). ``window``: bars to
    load for a decision on the newest; it gives what the whole history gives. ``timeframe`` and ``confirmation`` are
    the defaults of a new bot, in seconds.
    """

    name: str
    version: int
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    conditions: tuple[Condition, ...]
    timeframe: int
    warmup: Callable[[Params], int]
    window: Callable[[Params], int]
    compute: Callable[[np.ndarray, Params], Signals]
    confirmation: int = 300
    rules: tuple[Callable[[Params], None], ...] = field(default=())  # across parameters; raise ParameterError

    def defaults(self) -> dict[str, int | float]:
        return {parameter.name: parameter.parse(parameter.default) for parameter in self.parameters}
