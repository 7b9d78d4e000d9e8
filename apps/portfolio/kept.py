"""Figures of all of an account's trades, made once: kept for as long as the account stands where it stood."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

from apps.accounts.models import User

SIZE = 256

_kept: OrderedDict[Hashable, Any] = OrderedDict()
_lock = Lock()


def kept[T](stamp: Hashable, make: Callable[[], T]) -> T:
    """What ``make`` gave when it was last asked for the same ``stamp``: it names all that the figure is made of, the
    account's ``seq`` among it, which every fill moves on. Nothing is kept by time."""
    with _lock:
        if stamp in _kept:
            _kept.move_to_end(stamp)
            found: T = _kept[stamp]
            return found
    made = make()
    with _lock:
        _kept[stamp] = made
        if len(_kept) > SIZE:
            _kept.popitem(last=False)
    return made


def standing(user: User) -> tuple[tuple[int, int, int], ...]:
    """How far each of the user's accounts has come, and in which run. Read it before what it stands for."""
    return tuple(user.trading_accounts.order_by("pk").values_list("pk", "generation", "seq"))
