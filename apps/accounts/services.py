"""Opening trading accounts."""

from django.core.exceptions import ValidationError

from apps.accounts.models import TradingAccount, User


def trading_account_open(*, user: User, name: str, venue: str, currency: str = "USD") -> TradingAccount:
    """A paper account at a venue, still empty. ValidationError names the field when the name is bad or taken."""
    account = TradingAccount(owner=user, name=name.strip(), venue=venue, currency=currency)
    account.full_clean()
    if not account.name:
        raise ValidationError({"name": "must not be empty"})
    account.save()
    return account
