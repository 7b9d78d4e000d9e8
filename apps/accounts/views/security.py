"""Settings: password, address, second factors and sessions, each with what it is now and where to change it."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.browsers import browser_name
from apps.accounts.requests import UserRequest
from apps.operations import audit


@require_safe
def security(request: UserRequest) -> HttpResponse:
    found = list(Authenticator.objects.filter(user=request.user).order_by("created_at"))
    kinds = {each.type: each.wrap() for each in found}
    codes = kinds.get(Authenticator.Type.RECOVERY_CODES)
    context = {
        "address": EmailAddress.objects.filter(user=request.user, email=request.user.email).first(),
        "totp": kinds.get(Authenticator.Type.TOTP),
        "codes_left": len(codes.get_unused_codes()) if codes else None,
        "passkeys": [each for each in found if each.type == Authenticator.Type.WEBAUTHN],
        "has_factor": bool(set(kinds) - {Authenticator.Type.RECOVERY_CODES}),
        "sessions": _sessions(request),
    }
    return render(request, "settings/security.html", context)


def _sessions(request: UserRequest) -> list[UserSession]:
    """The newest first; those that have ended by themselves are left out."""
    alive = UserSession.objects.purge_and_list(request.user)
    for session in alive:
        session.browser = browser_name(session.user_agent)
    return sorted(alive, key=lambda session: session.last_seen_at, reverse=True)


@require_POST
def session_end(request: UserRequest, pk: int) -> HttpResponse:
    """Signs out one browser. Its open pages close within seconds."""
    session = get_object_or_404(UserSession, pk=pk, user=request.user)
    if session.session_key == request.session.session_key:
        return redirect("account_logout")
    session.end()
    audit.record(actor=request.user, action="session.end", target=request.user, detail={"sessions": 1})
    messages.success(request, "Signed out there.")
    return redirect("accounts:security")


@require_POST
def sessions_end(request: UserRequest) -> HttpResponse:
    """Signs out every browser but this one."""
    others = UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key)
    ended = [session.end() for session in others]
    audit.record(actor=request.user, action="session.end", target=request.user, detail={"sessions": len(ended)})
    messages.success(request, "Signed out everywhere else.")
    return redirect("accounts:security")
