"""Orders by hand: placed, edited. What bots bought is theirs: a hand sells what a hand has bought."""

from dataclasses import replace
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import TradingAccount, User
from apps.ledger.holders import MANUAL
from apps.ledger.models import Position
from apps.ledger.services import InsufficientFunds
from apps.markets.models import Product
from apps.operations import audit
from apps.operations.formats import moment
from apps.orders.cancels import cancel_request
from apps.orders.edits import edit_ask, fits
from apps.orders.estimates import Estimate, estimate_in, funds_for, refuse_broken
from apps.orders.intents import Intent, crossing, order_create, order_key
from apps.orders.models import Order
from apps.orders.places import Place, own_account_locked, place_of
from apps.orders.services import position_exit
from apps.orders.tickets import Ticket
from engine.kinds import OrderKind, TimeInForce
from engine.orders.states import OrderState

EDITABLE = (OrderState.PENDING, OrderState.OPEN)


@transaction.atomic
def order_place(*, user: User, account: TradingAccount, product: Product, ticket: Ticket, request: str) -> Order:
    """Commits an order of the account's owner; it is sent at once. The same ``request`` gives the first order again.

    ValidationError({field: rule}) for a ticket that makes no sense and for the first hard rule that it would break.
    """
    locked = own_account_locked(user, account)
    name = f"manual/{request}"
    known = Order.objects.filter(client_order_id=order_key(locked, name)).first()
    if known:
        return known
    order = _commit(place_of(locked, product), ticket, name)
    audit.record(actor=user, action="order.place", target=order, detail=_told(order))
    return order


@transaction.atomic
def order_edit(
    *,
    user: User,
    order: Order,
    request: str,
    quantity: Decimal | None = None,
    limit_price: Decimal | None = None,
    stop_price: Decimal | None = None,
) -> Order:
    """Changes an order by hand that works, in place where its exchange can: then the same order is returned. Else it is
    replaced: the old one is cancelled, the new one follows its end and asks for what it left, and is returned.

    ``quantity`` is the new total, the filled part included; what is None stays.

    ValidationError for an order that is over, a bot's or a group's, and as ``order_place`` does.
    """
    locked = own_account_locked(user, order.account)
    name = f"manual/{request}"
    known = Order.objects.filter(client_order_id=order_key(locked, name)).first()
    if known:
        return known
    old = Order.objects.select_related("product").get(pk=order.pk)
    _check_editable(old)
    ticket = _edited(old, quantity, limit_price, stop_price)
    old.account = locked
    if fits(old, quantity or old.quantity):
        return _edit_there(user, place_of(locked, old.product), old, ticket)
    new = _commit(place_of(locked, old.product), ticket, name, replaces=old)
    cancel_request(account=locked, order=old, why=f"replaced by #{new.pk}")
    audit.record(actor=user, action="order.edit", target=new, detail=_told(new) | {"replaces": old.pk})
    return new


@transaction.atomic
def position_close(*, user: User, position: Position, request: str) -> Order:
    """Sells all of a position by hand at market: what works in its market is cancelled first, groups too, and the sale
    follows the last cancel. Goes through whatever is halted. The same ``request`` gives the first sale again.

    ValidationError for a position that is over or a bot's.
    """
    locked = own_account_locked(user, position.account)
    name = f"manual/{request}"
    known = Order.objects.filter(client_order_id=order_key(locked, name)).first()
    if known:
        return known
    held = Position.objects.select_related("product").get(pk=position.pk)
    if held.closed is not None:
        raise ValidationError({"position": "must be open, was closed"})
    if held.holder != MANUAL:
        raise ValidationError({"position": "must be one bought by hand: a bot's is closed with its bot"})
    order = position_exit(account=locked, position=held, reason="manual", request=name)
    if order.state == OrderState.DENIED:
        raise ValidationError({"position": order.message})
    audit.record(actor=user, action="position.close", target=held, detail=_told(order))
    return order


def _edit_there(user: User, place: Place, order: Order, ticket: Ticket) -> Order:
    """Asks the exchange to change an order where it rests. ValidationError for what a rule refuses."""
    place.state.leave_out(order)
    judged = estimate_in(place, ticket, timezone.now())
    refuse_broken(judged)
    wanted = judged.ticket or ticket
    if refusal := crossing(order, wanted.limit_price):
        raise ValidationError({"limit_price": refusal})
    try:
        edit_ask(account=place.account, order=order, wanted=wanted, total=order.filled + judged.quantity)
    except InsufficientFunds as error:
        raise ValidationError({"quantity": str(error)}) from error
    audit.record(actor=user, action="order.edit", target=order, detail=_told(order) | (order.edit or {}))
    return order


def _commit(place: Place, ticket: Ticket, name: str, replaces: Order | None = None) -> Order:
    """Judges the ticket and makes its order. ValidationError for what a rule refuses."""
    if replaces is not None:
        place.state.leave_out(replaces)
    judged = estimate_in(place, ticket, timezone.now())
    refuse_broken(judged)
    order = order_create(account=place.account, intent=_intent(place, judged, name, replaces))
    if order.state == OrderState.DENIED:
        raise ValidationError({"quantity": order.message})
    return order


def _intent(place: Place, judged: Estimate, name: str, replaces: Order | None) -> Intent:
    ticket, product = judged.ticket, place.product
    assert ticket is not None
    at_market = ticket.kind == OrderKind.MARKET
    sells = Order.Purpose.EXIT if at_market else Order.Purpose.PROTECT
    quantity = judged.quantity + (replaces.filled if replaces else 0)  # cut by what is filled when it is sent
    surely = ticket.limit_price is not None or ticket.amount is not None
    funds = None
    if ticket.side == "buy":
        funds = funds_for(judged.cost, place.free, surely=surely)
    return Intent(
        request=name, holder=MANUAL, product=product, side=ticket.side, kind=ticket.kind, quantity=quantity,
        purpose=sells if ticket.side == "sell" else Order.Purpose.ENTRY,
        reason="manual" if at_market and ticket.side == "sell" else "",  # such a sale goes through whatever is halted
        limit_price=ticket.limit_price, stop_price=ticket.stop_price, reference=judged.price,
        funds=funds and funds * quantity / judged.quantity, time_in_force=ticket.time_in_force,
        post_only=ticket.post_only, expires=ticket.expires, position=place.feed.position, replaces=replaces,
        decided=moment(place.feed.market_time),
    )  # fmt: skip


def _check_editable(order: Order) -> None:
    if order.holder != MANUAL or order.group_id:
        raise ValidationError({"order": "must be one placed by hand: bots and groups lead their own orders"})
    if order.edit:
        raise ValidationError({"order": "must be one whose last change is known: it is on its way to the exchange"})
    if order.state not in EDITABLE or order.cancel_requested or order.kind == OrderKind.MARKET:
        asked = ", its cancel is asked for" if order.cancel_requested else ""
        words = f"must be a resting one that is pending or open, was {order.get_kind_display().lower()} {order.state}"
        raise ValidationError({"order": words + asked})


def _edited(old: Order, quantity: Decimal | None, limit: Decimal | None, stop: Decimal | None) -> Ticket:
    if quantity is not None and quantity <= old.filled:
        words = f"must be above what is filled, {old.filled.normalize():f}, was {quantity.normalize():f}"
        raise ValidationError({"quantity": words})
    as_it_is = Ticket(
        side=old.side, kind=OrderKind(old.kind), quantity=old.quantity - old.filled, limit_price=old.limit_price,
        stop_price=old.stop_price, time_in_force=TimeInForce(old.time_in_force), post_only=old.post_only,
        expires=old.expires,
    )  # fmt: skip
    return replace(
        as_it_is,
        quantity=as_it_is.quantity if quantity is None else quantity - old.filled,
        limit_price=old.limit_price if limit is None else limit,
        stop_price=old.stop_price if stop is None else stop,
    )


def _told(order: Order) -> dict[str, str]:
    return {"side": order.side, "kind": order.get_kind_display().lower(), "quantity": f"{order.quantity.normalize():f}"}
