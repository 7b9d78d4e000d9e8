"""Reading orders, always on behalf of a user."""

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.orders.models import Order, OrderGroup


def orders(user: User) -> QuerySet[Order]:
    """Every order of the user's accounts, earlier runs included."""
    return Order.objects.filter(account__owner=user).select_related("product", "account")


def groups(user: User) -> QuerySet[OrderGroup]:
    """Every advanced order of the user's accounts, earlier runs included."""
    return OrderGroup.objects.filter(account__owner=user).select_related("product", "account")
