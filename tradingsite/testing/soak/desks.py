"""Two ways to act for a person: the platform's services, and its API, whose web process may be killed at any moment."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Protocol
from uuid import uuid5

import requests
from django.core.exceptions import ValidationError

from apps.markets.models import Product
from apps.orders.groups.creation import group_create
from apps.orders.groups.endings import group_cancel
from apps.orders.intents import NAMESPACE
from apps.orders.manual import order_edit, order_place
from apps.orders.models import Order, OrderGroup
from apps.orders.services import order_cancel, orders_cancel, orders_cancel_all
from apps.orders.tickets import Ticket
from engine.kinds import PlanKind
from tradingsite.testing.soak.people import Person

ANSWER, PATIENCE = 30.0, 180.0  # seconds for one answer, and for any
AGAIN = 0.3
REFUSED = range(400, 500)
SLOW_DOWN = 429


class Refused(Exception):
    """The platform did not take it; ``args`` name the fields."""


class Desk(Protocol):
    """What is made gives its id. ``request`` names the deed: given twice, it is done once."""

    def place(self, product: Product, ticket: Ticket, request: str) -> int: ...
    def plan(self, product: Product, kind: PlanKind, params: dict[str, object], request: str) -> int: ...
    def edit(self, order: Order, changes: dict[str, Decimal], request: str) -> int: ...
    def cancel(self, order: Order) -> None: ...
    def cancel_several(self, orders: Sequence[Order]) -> None: ...
    def cancel_all(self) -> None: ...
    def stop(self, group: OrderGroup) -> None: ...


class ServiceDesk:
    """The services that pages and commands call."""

    def __init__(self, person: Person) -> None:
        self._user, self._account = person.user, person.account

    def place(self, product: Product, ticket: Ticket, request: str) -> int:
        with refusals():
            order = order_place(user=self._user, account=self._account, product=product, ticket=ticket, request=request)
        return order.pk

    def plan(self, product: Product, kind: PlanKind, params: dict[str, object], request: str) -> int:
        with refusals():
            group = group_create(
                user=self._user, account=self._account, product=product, kind=kind, params=params, request=request
            )
        return group.pk

    def edit(self, order: Order, changes: dict[str, Decimal], request: str) -> int:
        with refusals():
            return order_edit(user=self._user, order=order, request=request, **changes).pk

    def cancel(self, order: Order) -> None:
        with refusals():
            order_cancel(order=order, user=self._user)

    def cancel_several(self, orders: Sequence[Order]) -> None:
        rows = Order.objects.filter(pk__in=[order.pk for order in orders])
        orders_cancel(user=self._user, orders=rows)

    def cancel_all(self) -> None:
        orders_cancel_all(account_id=self._account.pk, why="by hand")

    def stop(self, group: OrderGroup) -> None:
        with refusals():
            group_cancel(user=self._user, group=group)


class ApiDesk:
    """A script's way. It asks with the same key until it is answered. ``counts``: what the asking met."""

    def __init__(self, person: Person, root: str) -> None:
        self._root, self._account = f"{root}/api/v1/", person.account
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {person.token}"
        self.counts = Counter[str]()

    def place(self, product: Product, ticket: Ticket, request: str) -> int:
        asked = {name: value for name, value in asdict(ticket).items() if value is not None}
        asked |= {"kind": ticket.kind.name.lower(), "time_in_force": ticket.time_in_force.name.lower()}
        return self._make("POST", "orders/", self._of(product) | asked, request)

    def plan(self, product: Product, kind: PlanKind, params: dict[str, object], request: str) -> int:
        body = self._of(product) | {"kind": kind.name.lower(), "params": params}
        return self._make("POST", "order-groups/", body, request)

    def edit(self, order: Order, changes: dict[str, Decimal], request: str) -> int:
        return self._make("PATCH", f"orders/{order.pk}/", changes, request)

    def cancel(self, order: Order) -> None:
        self._ask("POST", f"orders/{order.pk}/cancel/", {})

    def cancel_several(self, orders: Sequence[Order]) -> None:
        self._ask("POST", "orders/cancellations/", {"orders": [order.pk for order in orders]})

    def cancel_all(self) -> None:
        for what in ("order-groups", "orders"):
            self._ask("POST", f"{what}/cancellations/", {"account": self._account.pk})

    def stop(self, group: OrderGroup) -> None:
        self._ask("POST", f"order-groups/{group.pk}/cancel/", {})

    def _of(self, product: Product) -> dict[str, Any]:
        return {"account": self._account.pk, "product": product.symbol}

    def _make(self, method: str, path: str, body: dict[str, Any], request: str) -> int:
        """Every fourth is asked once more: a script may not have read the answer."""
        key = str(uuid5(NAMESPACE, request))
        made = int(self._ask(method, path, body, key)["id"])
        if key[0] in "0123" and made != (again := int(self._ask(method, path, body, key)["id"])):
            raise AssertionError(f"{method} {path} with key {key} made {made}, then {again}")
        return made

    def _ask(self, method: str, path: str, body: dict[str, Any], key: str = "") -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        sent = {name: _plain(value) for name, value in body.items()}
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            try:
                answer = self._session.request(method, self._root + path, json=sent, headers=headers, timeout=ANSWER)
            except requests.RequestException:
                self.counts["no answer"] += 1
            else:
                if "Idempotent-Replayed" in answer.headers:
                    self.counts["told again"] += 1
                if answer.ok:
                    return answer.json()
                self.counts[str(answer.status_code)] += 1
                if answer.status_code in REFUSED and answer.status_code != SLOW_DOWN:
                    raise Refused(*_fields(answer))
            time.sleep(AGAIN)
        raise AssertionError(f"{method} {path} must be answered within {PATIENCE:g} s")


@contextmanager
def refusals() -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        raise Refused(*sorted(error.message_dict)) from error


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if hasattr(value, "isoformat") else value


def _fields(answer: requests.Response) -> list[str]:
    """Which fields a problem names; its status where it names none."""
    try:
        told = answer.json()
    except requests.JSONDecodeError:
        return [str(answer.status_code)]
    errors = told.get("errors") if isinstance(told, dict) else None
    return sorted({str(each.get("field")) for each in errors}) if errors else [str(answer.status_code)]
