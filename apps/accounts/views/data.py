"""Settings: taking one's data along, and leaving."""

from allauth.account.decorators import reauthentication_required
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.closing import user_delete
from apps.accounts.export import archive
from apps.accounts.requests import UserRequest
from apps.accounts.settings_forms import DeleteForm
from apps.operations import audit
from apps.operations.streaming import streamed


@require_safe
def data(request: UserRequest) -> HttpResponse:
    return render(request, "settings/data.html", {"form": DeleteForm()})


@require_POST
@reauthentication_required
def export(request: UserRequest) -> HttpResponseBase:
    """Everything of the user as a ZIP, sent while it is made."""
    if not ratelimit.consume(request, action="export", user=request.user):
        return render(request, "429.html", status=429)
    audit.record(actor=request.user, action="user.export", target=request.user)
    name = f"tradingsite-{timezone.now():%Y-%m-%d}.zip"
    answer = streamed(request, archive(request.user), name=name, content_type="application/zip")
    answer["Content-Encoding"] = "identity"  # it is compressed already
    return answer


@require_http_methods(["POST"])
@reauthentication_required
def delete(request: UserRequest) -> HttpResponse:
    if not ratelimit.consume(request, action="delete_account", user=request.user):
        return render(request, "429.html", status=429)
    form = DeleteForm(request.POST)
    if form.is_valid():
        try:
            user_delete(user=request.user)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return _left(request)
    return render(request, "settings/data.html", {"form": form}, status=400)


def _left(request: UserRequest) -> HttpResponse:
    request.session.flush()
    request.user = AnonymousUser()  # type: ignore[assignment]
    messages.success(request, "Your account and everything in it are deleted.")
    answer = redirect("dashboard:landing")
    answer["Clear-Site-Data"] = '"cache", "storage"'
    return answer
