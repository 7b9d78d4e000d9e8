"""Effects of accounts that go up. Filled once in tradingsite/wiring.py."""

from collections.abc import Callable

from apps.accounts.models import User

# A user has just signed up.
on_sign_up: list[Callable[[User], object]] = []
