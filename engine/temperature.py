"""How near a bot is to acting, in one word. The only definition; pages, API and alerts use it."""

import math
from enum import StrEnum


class Temperature(StrEnum):
    HOT = "hot"
    WARM = "warm"
    COOL = "cool"
    FROZEN = "frozen"


FLOORS = ((Temperature.HOT, 0.30), (Temperature.WARM, 0.15), (Temperature.COOL, 0.05))


def temperature(score: float, *, sensitivity: float = 1.0) -> Temperature:
    """Of an aggregate score in -1..+1; ``sensitivity`` 10 is the testing profile. An unknown score is frozen."""
    strength = 0.0 if math.isnan(score) else abs(score) * sensitivity
    return next((word for word, floor in FLOORS if strength >= floor), Temperature.FROZEN)
