"""One request: who calls, its query and its body, read the way the exchange's gateway reads them."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from aiohttp import web

from sandbox.encoding import compact
from sandbox.keys import Key
from sandbox.money import whole
from sandbox.refusals import invalid, undecodable

if TYPE_CHECKING:
    from sandbox.venue import Venue

DEEPEST = 100  # levels of a body
TOO_DEEP = undecodable("exceeded max recursion depth")
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")
Answer = dict[str, Any] | web.StreamResponse


@dataclass(slots=True)
class Call:
    """``user`` is '' where nobody need sign in.

    ``refuse`` and ``fail``: the reason with which the switchboard wants an order to be refused, or to fail; else ''.
    """

    venue: "Venue"
    request: web.Request
    body: dict[str, Any]
    key: Key | None = None
    refuse: str = ""
    fail: str = ""
    copies: int = 1  # of each row of a listing
    correction: str = ""  # the trade_type with which each fill comes a second time

    @property
    def user(self) -> str:
        return self.key.user if self.key else ""

    @property
    def now(self) -> int:
        return self.venue.exchange.clock.now()

    def part(self, name: str) -> str:
        return self.request.match_info[name]

    def query(self, name: str, default: str = "") -> str:
        return self.request.query.get(name, default)

    def queries(self, name: str) -> list[str]:
        """All values of a repeated name; commas divide too."""
        return [part for text in self.request.query.getall(name, []) for part in text.split(",") if part]

    def number(self, name: str, default: int) -> int:
        """Raises Denied for what is no whole number of 0 or more."""
        try:
            return whole(self.query(name) or str(default))
        except ValueError as error:
            raise invalid(f"{name} {error}") from None

    def flag(self, name: str) -> bool:
        return self.query(name).lower() == "true"

    def text(self, name: str) -> str:
        """A text of the body; '' when it is missing. Raises Denied for another type."""
        value = self.body.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise undecodable(f"(line 1:1): invalid value for string field {name}: {json.dumps(value)}")
        return value

    def mapping(self, name: str) -> dict[str, Any] | None:
        value = self.body.get(name)
        if value is not None and not isinstance(value, dict):
            raise undecodable(f"(line 1:1): unexpected token {json.dumps(value)}")
        return value


Handler = Callable[[Call], Awaitable[Answer] | Answer]


def decode(content: bytes) -> dict[str, Any]:
    """The body with its names in snake case; none is an empty one. UTF-8 whatever its header says. Raises Denied."""
    if not content.strip():
        return {}
    try:
        body = json.loads(content.decode(), parse_constant=_no_number)
    except UnicodeDecodeError:
        raise undecodable("syntax error (line 1:1): invalid UTF-8") from None
    except RecursionError:
        raise TOO_DEEP from None
    except ValueError:
        start = content[:20].decode(errors="replace")
        raise undecodable(f"syntax error (line 1:1): invalid value {start}") from None
    if not isinstance(body, dict):
        raise undecodable(f"syntax error (line 1:1): unexpected token {compact(body)[:1]}")
    return dict(_snake(body))


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _snake(value: Any, depth: int = 0) -> Any:
    if depth > DEEPEST:
        raise TOO_DEEP
    if isinstance(value, Mapping):
        return {
            _HUMP.sub(lambda hump: f"_{hump[1].lower()}", name): _snake(inner, depth + 1)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_snake(inner, depth + 1) for inner in value]
    return value
