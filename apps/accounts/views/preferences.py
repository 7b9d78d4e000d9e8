"""Settings: the profile and how pages look."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.accounts.models import User
from apps.accounts.requests import UserRequest
from apps.accounts.services import preferences_change
from apps.accounts.settings_forms import DisplayForm, ProfileForm


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: UserRequest) -> HttpResponse:
    return _section(request, ProfileForm, "profile")


@require_http_methods(["GET", "HEAD", "POST"])
def display(request: UserRequest) -> HttpResponse:
    return _section(request, DisplayForm, "display")


def _section(request: UserRequest, form_class: type[forms.ModelForm], name: str) -> HttpResponse:
    """Shows a section's form, or saves it and shows it again."""
    user = User.objects.get(pk=request.user.pk)  # what is refused must not colour the page
    form = form_class(request.POST if request.method == "POST" else None, instance=user)
    if request.method == "POST" and form.is_valid():
        preferences_change(user=request.user, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect(f"accounts:{name}")
    return render(request, f"settings/{name}.html", {"form": form}, status=400 if form.errors else 200)
