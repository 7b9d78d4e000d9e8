"""Where somebody trades: a product's market and the account that trades there."""

from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount, User
from apps.markets.models import Feed, Product
from apps.markets.selectors import market_now
from apps.operations.formats import exact
from apps.orders.accounts import AccountState, account_states


@dataclass(frozen=True)
class Place:
    """The account as it stands, in one market."""

    state: AccountState
    product: Product
    feed: Feed

    @property
    def account(self) -> TradingAccount:
        return self.state.account

    @property
    def last(self) -> Decimal:
        """The last price."""
        return exact(self.feed.price or 0)

    @property
    def free(self) -> Decimal:
        """Quote that nothing holds."""
        balance = self.state.balances.get(self.product.quote)
        return balance.free if balance else Decimal(0)


def own_account_locked(user: User, account: TradingAccount) -> TradingAccount:
    """The account under its lock. Nobody trades for somebody else, operators neither."""
    if account.owner_id != user.pk:
        raise ValidationError({"account": "must be one of your accounts"})
    return lock_account(account.pk)


def place_of(account: TradingAccount, product: Product, *, write: bool = True) -> Place:
    """With ``write`` the account is locked: the opening equity of a market day that begins is stored.

    ValidationError when the account cannot trade the product, or before its first price.
    """
    if product.venue != account.venue:
        raise ValidationError({"product": f"must be one of {account.venue}, was one of {product.venue}"})
    feed = Feed.objects.select_related("session").filter(product=product, price__isnull=False).first()
    if feed is None:
        raise ValidationError({"product": f"{product} must have a price; is the stream running?"})
    states = account_states([account], feed.session, market_now(feed, timezone.now()), write=write)
    return Place(states[account.pk], product, feed)
