"""The request of a signed-in user, for the types of views."""

from django.http import HttpRequest

from apps.accounts.models import User


class UserRequest(HttpRequest):
    """What a view gets behind the middleware that asks everybody to sign in."""

    user: User
