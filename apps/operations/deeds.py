"""What an operator does to chosen rows: each deed asks why on a page of its own, and is audited by its service."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ActionLocation
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

MOST = 100  # rows at once
FIELDS = ("action", f"{ActionLocation.CHANGE_FORM.value}-action")  # of a list's and of a page's form


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why", max_length=200, help_text="Stays in the audit trail.", widget=forms.TextInput(attrs={"size": 80})
    )


@dataclass(frozen=True)
class Deed:
    """An admin action on the list and on the page of a model.

    ``run`` gets a row, the operator and the cleaned form; a ValidationError of it is shown beside the row's name.
    """

    name: str
    label: str  # on the menu and on the button
    warning: str  # what it will do, said before
    needs: str  # permission, 'app.codename'
    run: Callable[[Any, Any, dict[str, Any]], object]
    form: type[forms.Form] = ReasonForm
    locations = (ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM)

    @property
    def __name__(self) -> str:  # how Django names an action
        return self.name

    @property
    def short_description(self) -> str:
        return self.label

    def __call__(
        self, rows_admin: admin.ModelAdmin, request: HttpRequest, chosen: QuerySet[Any]
    ) -> TemplateResponse | None:
        rows = list(chosen.order_by("pk")[: MOST + 1])
        if len(rows) > MOST:
            messages.error(request, f"Choose at most {MOST} rows at once.")
            return None
        form = self.form(request.POST if "confirmed" in request.POST else None)
        if form.is_valid():
            self._do(request, rows, form.cleaned_data)
            return None
        return TemplateResponse(request, "admin/deed.html", self._context(rows_admin, request, rows, form))

    def _do(self, request: HttpRequest, rows: list[Model], answers: dict[str, Any]) -> None:
        for row in rows:
            try:
                self.run(row, operator(request), answers)
            except ValidationError as error:
                messages.error(request, f"{row}: {'; '.join(error.messages)}")
            else:
                messages.success(request, f"{self.label}: {row}")

    def _context(
        self, rows_admin: admin.ModelAdmin, request: HttpRequest, rows: list[Model], form: forms.Form
    ) -> dict[str, Any]:
        return {
            **rows_admin.admin_site.each_context(request),
            "title": self.label,
            "opts": rows_admin.opts,
            "media": rows_admin.media + form.media,
            "warning": self.warning,
            "back": request.get_full_path(),
            "rows": rows,
            "form": form,
            "action_field": next(field for field in FIELDS if field in request.POST),
            "action": self.name,
            "row_field": ACTION_CHECKBOX_NAME,
        }


def operator(request: HttpRequest) -> Any:
    """Who does it: the site lets nobody in who has not signed in."""
    return request.user


def offer(model: type[Model], *deeds: Deed) -> None:
    """Adds a higher app's deeds to the list of a lower app's rows, which cannot know them."""
    rows_admin = admin.site.get_model_admin(model)
    rows_admin.actions = [*(rows_admin.actions or ()), *deeds]
