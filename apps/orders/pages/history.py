"""Orders that are over: all of them, filtered."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from apps.accounts.models import User
from apps.accounts.requests import UserRequest
from apps.ledger.holders import MANUAL
from apps.markets.models import Product
from apps.operations.pages import page
from apps.operations.paging import keyset
from apps.orders.models import Order, Side
from apps.orders.pages.listing import orders_over
from apps.orders.selectors import orders
from engine.orders.states import OrderState

ROWS = 30  # wide ones
ENDS = {
    "traded": Q(filled__gt=0),
    "cancelled": Q(state__in=[OrderState.CANCELLED, OrderState.EXPIRED]),
    "refused": Q(state__in=[OrderState.DENIED, OrderState.REJECTED]),
}
HOLDERS = {"hand": Q(holder=MANUAL), "bots": ~Q(holder=MANUAL)}


class HistoryFilter(forms.Form):
    """What to show. Every value stands in the address."""

    market = forms.ChoiceField(required=False, label="Market")
    side = forms.ChoiceField(required=False, label="Side", choices=[("", "All"), *Side.choices])
    end = forms.ChoiceField(
        required=False, label="Ended", choices=[("", "All"), *((name, name.capitalize()) for name in ENDS)]
    )
    of = forms.ChoiceField(required=False, label="Placed by", choices=[("", "All"), ("hand", "Hand"), ("bots", "Bots")])

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        self.user = user
        traded = Product.objects.filter(pk__in=orders(user).order_by().values("product"))
        self.fields["market"].choices = [("", "All"), *((str(row.pk), row.symbol) for row in traded)]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.error_messages["invalid_choice"] = f"{field.label} must be one of the list, was %(value)s."

    def orders(self) -> QuerySet[Order]:
        """Those that pass; none while the filter is no filter."""
        rows = orders_over(self.user)
        if not self.is_valid():
            return rows.none()
        asked = self.cleaned_data
        if asked["market"]:
            rows = rows.filter(product=asked["market"])
        if asked["side"]:
            rows = rows.filter(side=asked["side"])
        return rows.filter(ENDS.get(asked["end"], Q()), HOLDERS.get(asked["of"], Q()))


@require_safe
def history(request: UserRequest) -> HttpResponse:
    form = HistoryFilter(request.GET, user=request.user)
    part = keyset(form.orders(), key="created", descending=True, cursor=request.GET.get("after", ""), size=ROWS)
    context = {"form": form, "part": part, "filtered": any(request.GET.get(name) for name in form.fields)}
    status = 200 if form.is_valid() else 400
    return page(request, "orders/history.html", context, fragments={"history": "orders/_history.html"}, status=status)
