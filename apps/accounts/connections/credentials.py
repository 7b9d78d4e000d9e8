"""API keys at rest. ``credentials_of`` is the one way to a key in the clear; order and sync code alone calls it."""

import json
from datetime import timedelta

from cryptography.fernet import InvalidToken
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from apps.accounts.models import ExchangeConnection
from apps.operations.secrets import credentials_box
from exchanges.coinbase.trading.signer import Credentials
from exchanges.port import Unavailable

USED_EVERY = timedelta(minutes=1)  # 'last used' is as exact as this


def seal(credentials: Credentials) -> str:
    """Encrypted under the first of CREDENTIAL_KEYS. Raises ImproperlyConfigured without any."""
    row = {"name": credentials.name, "privateKey": credentials.secret}
    return credentials_box().encrypt(json.dumps(row).encode()).decode()


def credentials_of(connection: ExchangeConnection) -> Credentials:
    """The key, decrypted; notes the use. Raises Unavailable for a connection that may not be used."""
    if not connection.is_usable:
        raise Unavailable(f"the connection {connection.label} is {connection.get_state_display().lower()}")
    return unseal(connection)


def unseal(connection: ExchangeConnection) -> Credentials:
    """The same whatever the connection's state: for checking it. Raises Unavailable when no key of ours opens it."""
    try:
        row = json.loads(credentials_box().decrypt(connection.secret.encode()))
    except (InvalidToken, ImproperlyConfigured):
        raise Unavailable(f"the key of {connection.label} cannot be opened: CREDENTIAL_KEYS is another") from None
    note_use(connection)
    return Credentials(row["name"], row["privateKey"])


def note_use(connection: ExchangeConnection) -> None:
    now = timezone.now()
    if connection.last_used is None or now - connection.last_used >= USED_EVERY:
        ExchangeConnection.objects.filter(pk=connection.pk).update(last_used=now)


def rotate(token: str) -> str:
    """The same secret under the first key. Raises cryptography.fernet.InvalidToken when none opens it."""
    return credentials_box().rotate(token.encode()).decode()
