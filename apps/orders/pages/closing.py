"""Closing a position by hand: what it would leave, what is cancelled first, and the deed."""

from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from apps.accounts.requests import UserRequest
from apps.ledger.holders import MANUAL
from apps.ledger.models import Position
from apps.ledger.selectors import positions
from apps.markets.models import Feed
from apps.operations.formats import exact
from apps.operations.once import new_key, sound_key
from apps.operations.pages import page
from apps.orders.manual import position_close
from apps.orders.models import OrderGroup
from apps.orders.selectors import groups, orders
from engine.orders.states import WORKING


@require_http_methods(["GET", "HEAD", "POST"])
def close(request: UserRequest, pk: int) -> HttpResponse:
    """A dialog where scripts run, else a page. It names quantity, proceeds and fee, and asks once."""
    position = positions(request.user).filter(pk=pk, holder=MANUAL).first()
    if position is None:
        raise Http404(f"no position by hand {pk}")
    if position.closed is not None:
        messages.info(request, f"The position in {position.product} is closed already.")
        return redirect("portfolio:positions")
    refusal = ""
    if request.method == "POST":
        try:
            order = position_close(user=request.user, position=position, request=sound_key(request))
        except ValidationError as error:
            refusal = " ".join(error.messages)
        else:
            messages.success(request, f"Order #{order.pk} sells the position as soon as what works on it is cancelled.")
            return redirect("portfolio:positions")
    context = {"position": position, "key": new_key(), "refusal": refusal, **_told(request, position)}
    status = 400 if refusal else 200
    return page(request, "orders/close.html", context, fragments={"dialog": "orders/_close.html"}, status=status)


def _told(request: UserRequest, position: Position) -> dict[str, object]:
    """About what the sale yields, and how much is cancelled before it; amounts in quote, None = unknown."""
    here = {"account": position.account, "product": position.product, "holder": MANUAL}
    feed = Feed.objects.filter(product=position.product, price__isnull=False).first()
    value = fee = None
    if feed is not None:
        value = position.quantity * exact(feed.price or 0) * (1 - position.account.slippage)
        fee = value * position.account.fee_taker
    return {
        "value": value, "fee": fee, "left": None if value is None or fee is None else Decimal(value - fee),
        "working": orders(request.user).filter(**here, state__in=WORKING, group=None).count(),
        "led": groups(request.user).filter(**here, state=OrderGroup.State.ACTIVE).count(),
    }  # fmt: skip
