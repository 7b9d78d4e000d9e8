"""Where market events come from: one port, an adapter for each kind of market."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from apps.markets.models import MarketSession
from apps.operations.ownership import Owner
from engine.events import event_position
from engine.kinds import EventKind

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Bar:
    """Prices and volume of a minute; of an OPEN all prices are the opening one and the volume is 0."""

    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """What happened to a product in the minute that opened at ``minute`` (seconds UTC). TIME has no bar."""

    symbol: str
    kind: EventKind
    minute: int
    bar: Bar | None

    @property
    def time(self) -> int:
        """Market time of the event: OPEN the minute's opening, BAR and TIME its close."""
        return self.minute if self.kind == EventKind.OPEN else self.minute + MINUTE

    def position(self, session: MarketSession) -> int:
        return event_position(session=session.pk, time=self.minute, kind=self.kind)


class MarketSource(Protocol):
    """A market whose events can be read again from any position of the session in progress."""

    venue: str
    granularity: int  # seconds of the bars that paper orders match
    speed: float  # market seconds a wall second; 0 = as fast as they settle

    def begin(self, owner: Owner | None) -> MarketSession:
        """The session to go on with; opens the next one when there is none or its events have all been committed."""
        ...

    def events(self, session: MarketSession, after: int) -> Iterator[SourceEvent]:
        """The session's events with position > ``after``, in order of position; ends with the session."""
        ...
