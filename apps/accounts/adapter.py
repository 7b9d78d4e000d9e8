"""How sign-up, sign-in and second factors differ from the library's defaults."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter

from apps.operations import secrets


class AccountAdapter(DefaultAccountAdapter):
    """E-mail addresses are the names of users; nothing else differs."""


class MFAAdapter(DefaultMFAAdapter):
    """Keys of authenticator apps and seeds of recovery codes are encrypted in the database."""

    def encrypt(self, text: str) -> str:
        return secrets.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.decrypt(encrypted_text)
