"""What a strategy is: parameters with bounds, named conditions, and a function from candles to signals.

Imports neither the compiler nor the indicator library: web pages read the definitions for their forms.
"""

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
    """A named demand that a long entry makes; shown with value and threshold."""

    name: str
    label: str


Params = Mapping[str, Any]
Column = np.ndarray


@dataclass(frozen=True)
class Signals:
    """Signals of a run of candles, one element a candle; see SIGNAL in engine.records for the units.

    ``stop``, ``target`` and ``hold`` are columns too, or one element for all candles. ``values``, ``thresholds`` and
    ``passed`` hold one column a condition, in the order of the strategy's conditions; a threshold may be one number.
    A long side means that every condition passed.
    """

    side: Column
    score: Column
    confidence: Column
    stop: Column
    target: Column
    hold: Column
    values: list[Column]
    thresholds: list[Column | float]
    passed: list[Column]

    def __len__(self) -> int:
        return len(self.side)

    @cached_property
    def rows(self) -> np.ndarray:
        """All signals as an array of SIGNAL."""
        rows = np.zeros(len(self), SIGNAL)
        for name in SIGNAL.names or ():
            rows[name] = getattr(self, name)
        return rows

    def conditions_at(self, index: int) -> Record:
        """The conditions of one candle as ``step`` takes them."""
        record = np.zeros(1, CONDITIONS)[0]
        record["values"] = record["thresholds"] = np.nan
        for k, (value, threshold, passed) in enumerate(zip(self.values, self.thresholds, self.passed, strict=True)):
            record["values"][k] = value[index]
            record["thresholds"][k] = threshold[index] if isinstance(threshold, np.ndarray) else threshold
            record["used"] |= 1 << k
            record["passed"] |= int(passed[index]) << k
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
