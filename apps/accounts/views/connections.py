"""Settings: exchanges that are connected. Connecting and going live ask again who is there.

The library keeps a request that must wait for that in the session: a key must never be in one. Hence connecting has a
page of its own that asks first, and a key that comes too late is thrown away.
"""

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import registry
from apps.accounts.connections.checking import ADVICE
from apps.accounts.connections.forms import ConnectForm, LiveForm
from apps.accounts.connections.live import live_begin, live_end
from apps.accounts.connections.services import connection_add, connection_check, connection_delete
from apps.accounts.models import ExchangeConnection
from apps.accounts.requests import UserRequest
from exchanges.port import Unavailable

PAGE = "accounts:connections"
SAYS = {ExchangeConnection.State.OK: messages.success, ExchangeConnection.State.READ_ONLY: messages.info}


@require_safe
def connections(request: UserRequest) -> HttpResponse:
    rows = list(request.user.exchange_connections.select_related("account"))
    now = timezone.now()
    for row in rows:
        account = getattr(row, "account", None)
        row.troubles = [words for told in registry.troubles_of for words in told(account, now)] if account else []  # type: ignore[attr-defined]
    context = {"connections": rows, "second_factor": is_mfa_enabled(request.user)}
    return render(request, "settings/connections.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("key")
@sensitive_variables("form")
def connect(request: UserRequest) -> HttpResponse:
    if request.method != "POST":
        return _ask(request)
    if not did_recently_reauthenticate(request):
        messages.error(request, "Too much time has passed: confirm who you are, then give the key again.")
        return redirect("accounts:connect")
    form = ConnectForm(request.POST, request.FILES)
    if form.is_valid() and (made := _added(request, form)):
        say = SAYS.get(ExchangeConnection.State(made.state), messages.info)
        say(request, f"{made.label} is connected. {made.reason.capitalize()}".strip())
        return redirect(PAGE)
    return render(request, "settings/connect.html", {"form": form, "advice": ADVICE}, status=400)


@reauthentication_required
def _ask(request: UserRequest) -> HttpResponse:
    return render(request, "settings/connect.html", {"form": ConnectForm(), "advice": ADVICE})


def _added(request: UserRequest, form: ConnectForm) -> ExchangeConnection | None:
    try:
        return connection_add(user=request.user, label=form.cleaned_data["label"], text=form.cleaned_data["key"])
    except ValidationError as error:
        for field, words in error.message_dict.items():
            form.add_error(field, [f"The {'name' if field == 'label' else 'key'} {each}." for each in words])
    return None


@require_POST
def connection_recheck(request: UserRequest, pk: int) -> HttpResponse:
    connection = get_object_or_404(ExchangeConnection, pk=pk, owner=request.user)
    try:
        checked = connection_check(connection, by=request.user)
    except Unavailable as error:
        messages.error(request, f"{connection.label} cannot be checked now: {error}")
    else:
        say = SAYS.get(ExchangeConnection.State(checked.state), messages.error)
        say(request, f"{checked.label}: {checked.get_state_display().lower()}. {checked.reason.capitalize()}".strip())
    return redirect(PAGE)


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def connection_live(request: UserRequest, pk: int) -> HttpResponse:
    """Real money: a page that says so, and a typed YES."""
    connection = get_object_or_404(ExchangeConnection, pk=pk, owner=request.user)
    form = LiveForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            live_begin(connection=connection, by=request.user, sure=form.cleaned_data["sure"])
        except ValidationError as error:
            words = [each for texts in error.message_dict.values() for each in texts]
            form.add_error("sure" if "sure" in error.message_dict else None, [_sentence(each) for each in words])
        else:
            messages.success(request, f"{connection.label} trades with real money from now on.")
            return redirect(PAGE)
    context = {"form": form, "connection": connection}
    return render(request, "settings/connection_live.html", context, status=400 if form.errors else 200)


@require_POST
def connection_live_end(request: UserRequest, pk: int) -> HttpResponse:
    """The safe direction: nothing is asked."""
    connection = get_object_or_404(ExchangeConnection, pk=pk, owner=request.user)
    live_end(connection=connection, by=request.user)
    messages.success(request, f"{connection.label} makes no entries any more. Sales and cancels still go out.")
    return redirect(PAGE)


@require_POST
def connection_end(request: UserRequest, pk: int) -> HttpResponse:
    connection = get_object_or_404(ExchangeConnection, pk=pk, owner=request.user)
    try:
        connection_delete(connection=connection, by=request.user)
    except ValidationError as error:
        messages.error(request, _sentence(f"{connection.label} {' '.join(error.messages)}"))
    else:
        messages.success(request, f"{connection.label} is deleted here. Delete the key at Coinbase too.")
    return redirect(PAGE)


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."
