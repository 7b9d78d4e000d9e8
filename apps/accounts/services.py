"""Opening trading accounts."""

from django.core.exceptions import ValidationError

from apps.accounts.models import TradingAccount, User


def trading_account_open(*, user: User, name: str, venue: str, currency: str = "USD") -> TradingAccount:
    """A paper account at a venue, still empty. ValidationError names the field when the name is bad or taken."""
    account = TradingAccount(owner=user, name=name.strip(), venue=venue, currency=currency)
    account.clean_fields()
    if TradingAccount.objects.filter(owner=user, name=account.name).exists():
        raise ValidationError({"name": f"must be new among your accounts, {account.name!r} is taken"})
    account.save()
    return account
