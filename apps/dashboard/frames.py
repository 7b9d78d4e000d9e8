"""What goes over the live socket: at most four frames a second, each with everything that came since the last.

A frame is {"s": sequence, "m": [message, ...]}. Messages:
  {"t": "v", "d": [[key, text, tone], ...]}  values, formatted here; the page sets the text of [data-v=key]
  {"t": "inv", "k": [key, ...]}              fragments that changed; the page fetches them
  {"t": "c", "m": "BTC-USD", "i": "1m", "b": [time, open, high, low, close, volume], "e": kind}   a bar
  {"t": "d", "m": "BTC-USD", "known": bool, "b": [[price, size, share], ...], "a": ..., "s": spread, "q": [price, ...],
   "n": [trade, ...]}
      the book of the product that the page watches, best first, and the trades it does not know yet, newest first, each
      [time, 1 when a buyer took what rested, price, size]; share: percent of what is shown that rests up to there; q:
      best bid, middle and best ask as people type them
  {"t": "toast", "text": ..., "tone": ..., "urgent": bool}
  {"t": "h", "age": seconds or null}         heartbeat; age is set while the market is silent for too long
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Value = tuple[str, str, str]  # key, text, tone
TOASTS = 20  # of a page that does not take its frames; the oldest go first


@dataclass
class Outbox:
    """Collects messages between two frames; of a value or a bar only the last counts."""

    sequence: int = 0
    shown: dict[str, tuple[str, str]] = field(default_factory=dict)  # what the page was last told
    values: dict[str, tuple[str, str]] = field(default_factory=dict)
    keys: dict[str, None] = field(default_factory=dict)  # in order of arrival
    bars: dict[tuple[str, int, int], dict[str, Any]] = field(default_factory=dict)
    others: list[dict[str, Any]] = field(default_factory=list)

    def value(self, key: str, text: str, tone: str = "") -> None:
        if self.shown.get(key) == (text, tone):
            self.values.pop(key, None)
        else:
            self.values[key] = (text, tone)

    def changed(self, keys: list[str]) -> None:
        self.keys.update(dict.fromkeys(keys))

    def bar(self, symbol: str, kind: int, bar: list[float]) -> None:
        message = {"t": "c", "m": symbol, "i": "1m", "b": bar, "e": kind}
        self.bars[symbol, int(bar[0]), kind] = message

    def add(self, message: dict[str, Any]) -> None:
        self.others = [*self.others, message][-TOASTS:]

    def whole(self) -> list[dict[str, Any]]:
        """Every value as it was last told, for a page that was not told."""
        return [values_message(self.shown)] if self.shown else []

    def messages(self) -> list[dict[str, Any]]:
        """What came since the last call."""
        messages: list[dict[str, Any]] = []
        if self.values:
            messages.append(values_message(self.values))
        messages += self.bars.values()
        if self.keys:
            messages.append({"t": "inv", "k": list(self.keys)})
        messages += self.others
        self.shown |= self.values
        self.values, self.keys, self.bars, self.others = {}, {}, {}, []
        return messages

    def frame(self, shared: Iterable[str] = ()) -> str | None:
        """The next frame as text, or None when there is nothing to say. ``shared``: messages that go out to many
        pages, written once."""
        parts = [*shared, *map(text_of, self.messages())]
        if not parts:
            return None
        self.sequence += 1
        return f'{{"s":{self.sequence},"m":[{",".join(parts)}]}}'


def values_message(values: dict[str, tuple[str, str]]) -> dict[str, Any]:
    return {"t": "v", "d": [[key, *value] for key, value in values.items()]}


def text_of(message: dict[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"))
