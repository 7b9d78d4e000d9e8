"""Changing the prices of a group that goes on: its stop, its target, its worst price."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.locks import next_seq
from apps.accounts.models import User
from apps.operations import audit
from apps.operations.hints import hint
from apps.operations.nudges import nudge
from apps.orders.groups.creation import checked
from apps.orders.groups.rows import stored_params
from apps.orders.models import OrderGroup
from apps.orders.places import Place, own_account_locked, place_of
from engine.kinds import PlanKind, PlanPhase
from engine.memory import MemorySchemaError
from engine.plans.definitions import DEFINITIONS
from engine.plans.memory import state_from_bytes

EXITS = ("stop_price", "target_price", "stop_limit_price")
# What may change while it goes on. A trailing stop follows by itself.
CHANGES: dict[PlanKind, tuple[str, ...]] = {
    PlanKind.TRIGGER: ("stop_price", "limit_price"),
    PlanKind.OCO: EXITS,
    PlanKind.BRACKET: EXITS,
    PlanKind.ICEBERG: ("limit_price",),
    PlanKind.TWAP: ("limit_price",),
}


def changes_of(group: OrderGroup) -> tuple[str, ...]:
    """Names of the prices that may change now; none when it is over, ends, or its stop or target has been reached."""
    going = group.state == OrderGroup.State.ACTIVE and not group.stopping and not _has_fired(group)
    return CHANGES.get(PlanKind(group.kind), ()) if going else ()


@transaction.atomic
def group_edit(*, user: User, group: OrderGroup, changes: Mapping[str, object]) -> OrderGroup:
    """New prices for a group of the user, by their names; None takes an optional one away. They hold for every event
    that the group has not seen yet, and its resting orders follow. The same changes again change nothing more.

    ValidationError({field: rule}) for what makes no sense, and for a group that cannot change any more.
    """
    locked = own_account_locked(user, group.account)
    group = OrderGroup.objects.select_related("product", "account").get(pk=group.pk)
    allowed = changes_of(group)
    if not allowed:
        raise ValidationError({"group": f"must be active with a price to change, was a {group.noun} {group.state}"})
    if unknown := sorted(set(changes) - set(allowed)):
        raise ValidationError({unknown[0]: f"must be one of {', '.join(allowed)}"})
    typed = _checked(place_of(locked, group.product), group, params_now(group) | dict(changes))
    stored = stored_params({name: typed[name] for name in changes}, seed=0, start=0)
    group.params["next"] = group.params.get("next", {}) | {name: stored[name] for name in changes}
    group.changed, group.seq = True, next_seq(locked)
    locked.save(update_fields=["seq"])
    group.save(update_fields=["params", "changed", "seq"])
    told = {name: stored[name] for name in changes}
    audit.record(actor=user, action="group.edit", target=group, detail=told)
    hint(locked.owner_id, "orders", "positions")
    nudge("orders_work", locked.pk, queue="orders")
    return group


def params_now(group: OrderGroup) -> dict[str, Any]:
    """What the group was told, its last changes included, by the names of its definition."""
    told = group.params | group.params.get("next", {})
    return {field.name: told.get(field.name) for field in DEFINITIONS[PlanKind(group.kind)].fields}


def _checked(place: Place, group: OrderGroup, params: dict[str, Any]) -> dict[str, Any]:
    """The typed parameters. A bracket that holds coins is judged as what it is by then: a way out."""
    kind = PlanKind(group.kind)
    if kind != PlanKind.BRACKET or not _has_entered(group):
        return checked(place, kind, params)
    out = {name: params[name] for name in EXITS} | {"side": "sell", "quantity": params["quantity"]}
    if params["stop_price"] and params["target_price"]:
        return checked(place, PlanKind.OCO, out)
    if params["stop_price"]:
        limit = out.pop("stop_limit_price")
        out.pop("target_price")
        typed = checked(place, PlanKind.TRIGGER, out | {"limit_price": limit})
        return typed | {"target_price": None, "stop_limit_price": typed["limit_price"]}
    return checked(place, kind, params)


def _memory(group: OrderGroup) -> Any:
    try:
        return state_from_bytes(bytes(group.memory))
    except MemorySchemaError:
        return None


def _has_fired(group: OrderGroup) -> bool:
    """Its stop or its target has been reached, or nobody can tell."""
    state = _memory(group)
    if state is None:
        return True
    return bool(state["fired_price"] > 0.0 or state["winner"] or state["phase"] >= PlanPhase.ENDING)


def _has_entered(group: OrderGroup) -> bool:
    state = _memory(group)
    return state is not None and bool(state["armed_time"])
