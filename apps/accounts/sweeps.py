"""What time has ended is removed: sessions, their traces, and refresh tokens."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken


def sign_ins_sweep() -> int:
    """Returns how many rows went."""
    now = timezone.now()
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    ended = (
        Session.objects.filter(expire_date__lt=now),
        UserSession.objects.filter(~Exists(alive)),
        OutstandingToken.objects.filter(expires_at__lt=now),
    )
    return sum(rows.delete()[0] for rows in ended)
