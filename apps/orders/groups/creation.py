"""Making groups: judged by the same rules as one order, committed, and led from the next moment on."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from secrets import randbelow
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.accounts.locks import next_seq
from apps.accounts.models import TradingAccount, User
from apps.ledger.holders import MANUAL
from apps.markets.models import Product
from apps.markets.rules import product_rules
from apps.markets.selectors import market_now
from apps.operations import audit
from apps.operations.hints import hint
from apps.operations.logs.correlation import current, new_id
from apps.operations.nudges import nudge
from apps.orders.estimates import Estimate, judge, refuse_broken, worst_cost
from apps.orders.groups.rows import stored_params
from apps.orders.groups.waiting import reserved
from apps.orders.models import OrderGroup
from apps.orders.places import Place, own_account_locked, place_of
from apps.orders.rules import Asked
from engine.kinds import PlanKind
from engine.plans.validate import validate
from engine.strategies.base import ParameterError

SEEDS = 2**31  # of an iceberg's slices
PRICES = ("limit_price", "stop_limit_price", "stop_price")  # at which a plan trades, the one it names first


@transaction.atomic
def group_create(
    *, user: User, account: TradingAccount, product: Product, kind: PlanKind, params: Mapping[str, object], request: str
) -> OrderGroup:
    """Commits an advanced order of the account's owner; ``params`` are those of its definition (engine.plans), side and
    quantity among them. The same ``request`` gives the first group again.

    ValidationError({field: rule}) for what makes no sense and for the first hard rule that the whole of it would break.
    """
    locked = own_account_locked(user, account)
    name = f"manual/{request}"
    known = OrderGroup.objects.filter(account=locked, generation=locked.generation, request=name).first()
    if known:
        return known
    place = place_of(locked, product)
    typed = checked(place, kind, params)
    refuse_broken(_judged(place, kind, typed))
    group = _open(place, kind, typed, name)
    audit.record(actor=user, action="group.create", target=group, detail={"kind": kind.name.lower()})
    return group


def group_estimate(
    *, account: TradingAccount, product: Product, kind: PlanKind, params: Mapping[str, object]
) -> Estimate:
    """What all of an advanced order would cost or yield near the prices it names, and every rule. Writes nothing."""
    place = place_of(account, product, write=False)
    return _judged(place, kind, checked(place, kind, params))


def checked(place: Place, kind: PlanKind, params: Mapping[str, object]) -> dict[str, Any]:
    """Typed, snapped parameters. ValidationError({field: rule})."""
    try:
        typed = validate(kind, params, product=product_rules(place.product), last=place.last)
    except ParameterError as error:
        was = "" if error.value is None else f", was {error.value}"
        raise ValidationError({error.field: f"{error.rule}{was}"}) from error
    now = market_now(place.feed, timezone.now())
    if typed.get("expires") is not None and typed["expires"] <= now:
        words = f"must be after the market's time of {datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%S} UTC"
        raise ValidationError({"expires": words})
    if kind == PlanKind.BRACKET and typed["side"] == "sell":
        raise ValidationError({"side": "must be buy: on spot a bracket opens a position, it cannot go short"})
    return typed


def _judged(place: Place, kind: PlanKind, typed: Mapping[str, Any]) -> Estimate:
    """The whole order at the first price that it names, else at the last one."""
    named = next((typed[name] for name in PRICES if typed.get(name) is not None), None)
    quantity, price, stop = typed["quantity"], named or place.last, typed.get("stop_price")
    entry = typed.get("limit_price") if kind == PlanKind.BRACKET else None
    rests = kind == PlanKind.ICEBERG or (entry is not None and entry < place.last)
    asked = Asked(typed["side"], quantity, price, worst_cost(place.account, quantity, price), at_market=False)
    reference = None if kind == PlanKind.BRACKET else stop
    judged = judge(place, asked, makes=rests, now=timezone.now(), reference=reference)
    if typed["side"] == "sell":
        _check_reserved(place, quantity)
    return judged


def _check_reserved(place: Place, quantity: Decimal) -> None:
    """Coins that another group waits to sell are not promised twice."""
    waiting = reserved(place.account, MANUAL, place.product)
    free = max(place.state.sellable(MANUAL, place.product) - waiting, Decimal(0))
    if waiting and quantity > free:
        base = place.product.base
        words = f"must be at most {free.normalize():f} {base}: other groups wait to sell {waiting.normalize():f} {base}"
        raise ValidationError({"quantity": f"{words}, was {quantity.normalize():f}"})


def _open(place: Place, kind: PlanKind, typed: Mapping[str, Any], name: str) -> OrderGroup:
    account = place.account
    group = OrderGroup.objects.create(
        account=account, generation=account.generation, holder=MANUAL, product=place.product, request=name, kind=kind,
        side=typed["side"], quantity=typed["quantity"], position=place.feed.recorded, changed=True,
        params=stored_params(typed, seed=randbelow(SEEDS), start=market_now(place.feed, timezone.now())),
        correlation_id=current() or new_id(), seq=next_seq(account),
    )  # fmt: skip
    account.save(update_fields=["seq"])
    hint(account.owner_id, "orders", MANUAL)
    nudge("orders_work", account.pk, queue="orders")
    return group
