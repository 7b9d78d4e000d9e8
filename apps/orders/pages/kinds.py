"""The kinds of order that the page offers, plain ones first."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from apps.orders.models import Side
from apps.orders.pages.forms import LimitForm, MarketForm
from apps.orders.pages.plan_forms import PlanForm
from apps.orders.pages.writing import OrderForm
from engine.kinds import PlanKind
from engine.plans.definitions import DEFINITIONS, Definition


@dataclass(frozen=True)
class Kind:
    """``form`` takes data and ``place``."""

    name: str
    title: str
    description: str
    form: Callable[..., OrderForm]
    sides: tuple[str, ...] = (Side.BUY.value, Side.SELL.value)
    short: str = ""

    @property
    def tab(self) -> str:
        return self.short or self.title


def _plan(definition: Definition, **more: Any) -> Kind:
    form = partial(PlanForm, definition=definition)
    return Kind(definition.name, definition.title, definition.description, form, short=definition.short, **more)


MARKET = Kind("market", "Market", "Trades at once, at the price there is.", MarketForm)
LIMIT = Kind("limit", "Limit", "Trades at the limit or better, or waits.", LimitForm)
# On spot a bracket opens a position: it cannot go short.
ONE_SIDED = {PlanKind.BRACKET: {"sides": (Side.BUY.value,)}}
KINDS = {
    kind.name: kind
    for kind in (MARKET, LIMIT, *(_plan(each, **ONE_SIDED.get(each.kind, {})) for each in DEFINITIONS.values()))
}


def kinds_of(side: str) -> list[Kind]:
    return [kind for kind in KINDS.values() if side in kind.sides]
