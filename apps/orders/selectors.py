"""Reading orders, always on behalf of a user."""

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.orders.models import Order


def orders(user: User) -> QuerySet[Order]:
    """Every order of the user's accounts, earlier runs included."""
    return Order.objects.filter(account__owner=user).select_related("product", "account")
