"""Personal access tokens: made once, shown once, found again by their digest."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import AccessToken, User
from apps.operations import audit

MARK = "tst_"  # lets a secret be recognised where it does not belong, in a log or a repository
SHOWN = 6  # characters behind the mark that stay readable
MOST = 20  # usable tokens a user
USED_EVERY = timedelta(minutes=1)  # 'last used' is as exact as this


@transaction.atomic
def token_create(*, user: User, name: str, scope: str, expires: datetime | None = None) -> tuple[AccessToken, str]:
    """A new token and its secret, which cannot be read again. ValidationError names what breaks a rule."""
    secret = MARK + secrets.token_urlsafe(32)
    token = AccessToken(
        user=user, name=name.strip(), scope=scope, expires=expires, digest=digest(secret),
        prefix=secret[: len(MARK) + SHOWN],
    )  # fmt: skip
    token.full_clean()
    if token.is_expired:
        raise ValidationError({"expires": f"must be in the future, was {expires:%Y-%m-%d %H:%M}"})
    User.objects.select_for_update().get(pk=user.pk)  # one at a time, or two could pass the rule together
    if (held := tokens_usable(user)) >= MOST:
        raise ValidationError({"name": f"must be one of at most {MOST} tokens, you hold {held}: revoke one first"})
    token.save()
    told = {"prefix": token.prefix, "scope": scope, "expires": expires.isoformat() if expires else None}
    audit.record(actor=user, action="token.create", target=token, detail=told)
    return token, secret


@transaction.atomic
def token_revoke(*, token: AccessToken, by: User) -> bool:
    """The token is refused from now on. False when it was revoked before."""
    done = AccessToken.objects.filter(pk=token.pk, revoked=None).update(revoked=timezone.now())
    if done:
        audit.record(actor=by, action="token.revoke", target=token, detail={"prefix": token.prefix})
    return bool(done)


def tokens_usable(user: User) -> int:
    """How many tokens of the user work at present."""
    alive = Q(expires=None) | Q(expires__gt=timezone.now())
    return AccessToken.objects.filter(alive, user=user, revoked=None).count()


def token_find(secret: str) -> AccessToken | None:
    """The token of a secret, usable or not."""
    return AccessToken.objects.select_related("user").filter(digest=digest(secret)).first()


def token_used(token: AccessToken) -> None:
    """Notes the use, at most once a minute."""
    now = timezone.now()
    if token.last_used is None or now - token.last_used >= USED_EVERY:
        AccessToken.objects.filter(pk=token.pk).update(last_used=now)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
