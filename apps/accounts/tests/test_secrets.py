"""Secrets at rest: keys come and go without anybody losing a second factor."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.fernet import Fernet, InvalidToken
from django.core.management import call_command

from apps.operations.secrets import decrypt, encrypt
from tradingsite.testing.signing import code_of, with_app

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_a_key_is_replaced_in_three_steps(trader, settings):
    secret = with_app(trader)
    codes = RecoveryCodes.activate(trader).get_unused_codes()
    settings.ENCRYPTION_KEYS = [NEW]  # before, there was the one derived from SECRET_KEY
    call_command("rotate_secrets", verbosity=0)
    settings.SECRET_KEY = "another"  # what was derived opens nothing any more
    app, spare = (Authenticator.objects.get(user=trader, type=kind).wrap() for kind in ("totp", "recovery_codes"))
    assert app.validate_code(code_of(secret))
    assert spare.get_unused_codes() == codes


def test_all_keys_decrypt_and_the_first_encrypts(settings):
    settings.ENCRYPTION_KEYS = [OLD]
    kept = encrypt("a secret")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert decrypt(kept) == "a secret"
    fresh = encrypt("another")
    settings.ENCRYPTION_KEYS = [NEW]
    assert decrypt(fresh) == "another"
    with pytest.raises(InvalidToken):
        decrypt(kept)
