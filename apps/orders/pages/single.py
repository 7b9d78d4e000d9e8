"""One order, plain or advanced: its trail, its change; and the cancels."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.requests import UserRequest
from apps.ledger.holders import MANUAL
from apps.operations.once import new_key, sound_key
from apps.operations.pages import page
from apps.orders.groups.edits import changes_of
from apps.orders.groups.endings import groups_cancel
from apps.orders.manual import EDITABLE, order_edit
from apps.orders.models import Order, OrderGroup
from apps.orders.pages.again import again_address, given, told_value
from apps.orders.pages.forms import EditForm
from apps.orders.pages.listing import can_cancel
from apps.orders.pages.writing import refuse
from apps.orders.selectors import groups, orders
from apps.orders.serializers.groups import waiting_words
from apps.orders.services import orders_cancel
from engine.kinds import OrderKind, PlanKind
from engine.orders.states import WORKING
from engine.plans.definitions import DEFINITIONS

MOST = 500  # orders cancelled by one form


@require_safe
def order_page(request: UserRequest, pk: int) -> HttpResponse:
    order = _own(request, pk)
    context = {
        "order": order, "can_edit": can_edit(order), "can_cancel": can_cancel(order),
        "again": again_address(order) if order.holder == MANUAL else "",
        "events": lambda: list(order.events.all()), "fills": lambda: list(order.fills.order_by("pk")),
    }  # fmt: skip
    return page(request, "orders/order.html", context, fragments={"order": "orders/_order.html"})


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: int) -> HttpResponse:
    order = _own(request, pk)
    if not can_edit(order):
        messages.error(request, f"Order #{order.pk} can no longer be changed.")
        return redirect("orders:order", pk)
    form = EditForm(request.POST if request.method == "POST" else None, order=order)
    key = sound_key(request) if request.method == "POST" else new_key()
    if form.is_bound and form.is_valid():
        if not form.changed():
            messages.info(request, "Nothing was changed.")
            return redirect("orders:order", pk)
        try:
            new = order_edit(user=request.user, order=order, request=key, **form.changed())
        except ValidationError as error:
            refuse(form, error)
        else:
            words = f"Order #{new.pk} replaces #{order.pk} as soon as that one's cancel is answered."
            if new.pk == order.pk:
                words = f"The change of order #{order.pk} is on its way to the exchange."
            messages.success(request, words)
            return redirect("orders:order", new.pk)
    context = {"order": order, "form": form, "key": key}
    return page(request, "orders/edit.html", context, status=400 if form.errors else 200)


@require_safe
def group_page(request: UserRequest, pk: int) -> HttpResponse:
    group = own_group(request, pk)
    context = {
        "group": group, "told": lambda: _told(group), "waits_for": lambda: waiting_words(group),
        "can_edit": bool(changes_of(group)), "again": again_address(group),
        "orders": lambda: list(group.orders.select_related("product").order_by("pk")),
    }  # fmt: skip
    return page(request, "orders/group.html", context, fragments={"group": "orders/_group_page.html"})


@require_POST
def cancel(request: UserRequest) -> HttpResponse:
    """Cancels those ticked, one named by its button, or all by hand. The safe direction: one tap is enough."""
    mine = orders(request.user).filter(state__in=WORKING)
    deed = request.POST.get("deed", "")
    if deed == "all":
        asked, plans = mine.filter(holder=MANUAL, group=None), groups(request.user)
    else:
        wanted = [deed] if deed not in ("", "chosen") else request.POST.getlist("order")[:MOST]
        asked = mine.filter(pk__in=_ids(wanted, "order-"))
        plans = groups(request.user).filter(pk__in=_ids(wanted, "group-"))
    count = len(groups_cancel(user=request.user, groups=plans)) + len(orders_cancel(user=request.user, orders=asked))
    if count:
        messages.success(request, f"The cancel of {count} order{'s' * (count != 1)} is on its way.")
    else:
        messages.info(request, "There was nothing to cancel.")
    return redirect(_back(request))


def _ids(names: list[str], prefix: str) -> list[int]:
    """The ids of 'order-7', 'order-8'; what is no such name is left out."""
    ids = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
    return [int(pk) for pk in ids if pk.isascii() and pk.isdecimal() and len(pk) < 19]


def can_edit(order: Order) -> bool:
    rests = order.kind != OrderKind.MARKET and order.state in EDITABLE
    return rests and order.holder == MANUAL and order.group_id is None and not order.cancel_requested


def own_group(request: UserRequest, pk: int) -> OrderGroup:
    group = groups(request.user).filter(pk=pk).first()
    if group is None:
        raise Http404(f"no advanced order {pk}")
    return group


def _told(group: OrderGroup) -> list[tuple[str, str]]:
    """Label and value of all that was asked for, as the ticket would show it."""
    asked = {field.name: field for field in DEFINITIONS[PlanKind(group.kind)].fields}
    return [(asked[name].label, told_value(asked[name], value, group.product)) for name, value in given(group).items()]


def _own(request: UserRequest, pk: int) -> Order:
    order = orders(request.user).filter(pk=pk).first()
    if order is None:
        raise Http404(f"no order {pk}")
    return order


def _back(request: UserRequest) -> str:
    """Where the form came from, if that is a page of ours."""
    asked = request.POST.get("next", "")
    return asked if url_has_allowed_host_and_scheme(asked, None) else reverse("orders:orders")
