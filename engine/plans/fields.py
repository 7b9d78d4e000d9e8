"""A typed field of an advanced order, as a person or a program fills it in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.strategies.base import ParameterError

Value = Decimal | int | bool | str | None
Params = Mapping[str, Any]
TRUE, FALSE = {"true", "on", "1", "yes"}, {"false", "off", "0", "no", ""}


@dataclass(frozen=True)
class Field:
    """One parameter of a kind of plan. ``minimum`` and ``maximum`` bind, ends included.

    Kinds and what ``parse`` makes of them: 'price' and 'quantity' and 'ratio' (0.02 is 2 %): Decimal; 'seconds' and
    'count': int; 'time': int, seconds UTC, from ISO 8601 with an offset or from seconds; 'flag': bool; 'choice': str.
    ``exit``: the price belongs to the exits of a bracket, which trade on the other side.
    """

    name: str
    label: str
    kind: str
    required: bool = False
    default: Value = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    exit: bool = False

    def parse(self, raw: object) -> Value:
        """The value; None or the default where nothing was given. Raises ParameterError."""
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            if self.required:
                raise ParameterError(self.name, raw, "must be given")
            return self.default
        if self.kind == "flag":
            return self._flag(raw)
        if self.kind == "choice":
            return self._choice(raw)
        value = self._time(raw) if self.kind == "time" else self._number(raw)
        self._bound(value, raw)
        return int(value) if self.kind in {"seconds", "count", "time"} else value

    def _number(self, raw: object) -> Decimal:
        if isinstance(raw, bool) or (isinstance(raw, float) and self.kind in {"price", "quantity"}):
            raise ParameterError(self.name, raw, "must be a decimal number in quotes, so that no digit is lost")
        try:
            value = Decimal(str(raw).strip())
        except InvalidOperation:
            raise ParameterError(self.name, raw, "must be a number") from None
        if not value.is_finite():
            raise ParameterError(self.name, raw, "must be a finite number")
        if self.kind in {"seconds", "count"} and value != value.to_integral_value():
            raise ParameterError(self.name, raw, "must be a whole number")
        return value

    def _bound(self, value: Decimal, raw: object) -> None:
        if self.kind in {"price", "quantity"} and value <= 0:
            raise ParameterError(self.name, raw, "must be above 0")
        if self.minimum is not None and value < self.minimum:
            raise ParameterError(self.name, raw, f"must be at least {self.minimum}")
        if self.maximum is not None and value > self.maximum:
            raise ParameterError(self.name, raw, f"must be at most {self.maximum}")

    def _time(self, raw: object) -> Decimal:
        if isinstance(raw, int) and not isinstance(raw, bool):
            return Decimal(raw)
        try:
            moment = raw if isinstance(raw, datetime) else datetime.fromisoformat(str(raw).strip())
        except ValueError:
            raise ParameterError(self.name, raw, "must be a time like 2026-01-31T14:00:00Z") from None
        if moment.tzinfo is None:
            raise ParameterError(self.name, raw, "must say its offset from UTC, for instance with a Z at the end")
        return Decimal(int(moment.timestamp()))

    def _flag(self, raw: object) -> bool:
        if isinstance(raw, bool):
            return raw
        text = str(raw).strip().lower()
        if text not in TRUE | FALSE:
            raise ParameterError(self.name, raw, "must be true or false")
        return text in TRUE

    def _choice(self, raw: object) -> str:
        names = [name for name, _ in self.choices]
        if raw not in names:
            raise ParameterError(self.name, raw, f"must be one of {', '.join(names)}")
        return str(raw)
