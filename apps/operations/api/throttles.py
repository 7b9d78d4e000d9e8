"""How often one may ask: a budget for each user, and for each address without one (settings, requests a minute)."""

import logging
from typing import Any

from redis.exceptions import RedisError
from rest_framework import throttling
from rest_framework.request import Request

logger = logging.getLogger(__name__)


class Forgiving:
    """Lets requests pass while Redis, which counts them, is away: nothing else that the API does needs it."""

    def allow_request(self, request: Request, view: Any) -> bool:
        try:
            allowed: bool = super().allow_request(request, view)  # type: ignore[misc]
        except (RedisError, OSError) as error:
            logger.warning("requests are not counted: %s", error)
            return True
        return allowed


class UserThrottle(Forgiving, throttling.UserRateThrottle):
    """Whoever is signed in."""


class AddressThrottle(Forgiving, throttling.AnonRateThrottle):
    """Whoever is not."""
