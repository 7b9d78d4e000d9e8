"""Changing the prices of an advanced order that goes on: its stop, its target, its worst price."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from apps.accounts.requests import UserRequest
from apps.markets.models import Feed
from apps.operations.pages import page
from apps.orders.groups.edits import changes_of, group_edit, params_now
from apps.orders.models import OrderGroup
from apps.orders.pages.fields import NumberInput
from apps.orders.pages.single import own_group
from apps.orders.pages.writing import refuse
from engine.kinds import PlanKind
from engine.plans.definitions import DEFINITIONS


class GroupEditForm(forms.Form):
    """The prices of a group that may change; an optional one may be left empty."""

    def __init__(self, data: Any = None, *, group: OrderGroup) -> None:
        super().__init__(data)
        quote, now = group.product.quote, params_now(group)
        allowed = changes_of(group)
        for field in DEFINITIONS[PlanKind(group.kind)].fields:
            if field.name in allowed:
                self.fields[field.name] = NumberInput(label=field.label, unit=quote, help_text=field.help)
                self.initial[field.name] = field.parse(now[field.name]) if now[field.name] else None

    def changed(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value != self.initial[name]}


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, pk: int) -> HttpResponse:
    group = own_group(request, pk)
    if not changes_of(group):
        messages.error(request, f"Advanced order #{group.pk} can no longer be changed.")
        return redirect("orders:group", pk)
    form = GroupEditForm(request.POST if request.method == "POST" else None, group=group)
    if form.is_bound and form.is_valid():
        if not form.changed():
            messages.info(request, "Nothing was changed.")
            return redirect("orders:group", pk)
        try:
            group_edit(user=request.user, group=group, changes=form.changed())
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, f"The new prices of advanced order #{group.pk} hold from now on.")
            return redirect("orders:group", pk)
    feed = Feed.objects.filter(product=group.product).first()
    context = {"group": group, "form": form, "feed": feed}
    return page(request, "orders/group_edit.html", context, status=400 if form.errors else 200)
