"""How sign-up and sign-in differ from the library's default."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """E-mail addresses are the names of users; nothing else differs."""
