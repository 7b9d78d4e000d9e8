"""Settings: access tokens of scripts."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.models import AccessToken
from apps.accounts.requests import UserRequest
from apps.accounts.settings_forms import TokenForm
from apps.accounts.tokens import token_create, token_revoke


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True)
@sensitive_variables("secret")
def tokens(request: UserRequest) -> HttpResponse:
    """The list; a post makes one and shows its secret in the answer, the only place where it ever stands."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    secret = None
    if request.method == "POST" and form.is_valid():
        try:
            _, secret = token_create(
                user=request.user, name=form.cleaned_data["name"], scope=form.cleaned_data["scope"],
                expires=form.expires(),
            )  # fmt: skip
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            form = TokenForm()
    context = {"form": form, "secret": secret, "tokens": request.user.access_tokens.all()[:100]}
    return render(request, "settings/tokens.html", context, status=400 if form.errors else 200)


@require_POST
def token_end(request: UserRequest, pk: int) -> HttpResponse:
    """Revoking is the safe direction: no password is asked for."""
    token = get_object_or_404(AccessToken, pk=pk, user=request.user)
    token_revoke(token=token, by=request.user)
    messages.success(request, f"{token.name} is revoked: it opens nothing any more.")
    return redirect("accounts:tokens")
