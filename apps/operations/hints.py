"""Telling open pages that something changed. Pages refetch what is named; a lost hint costs nothing."""

import asyncio
import logging
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

from apps.operations.commits import after_commit

logger = logging.getLogger(__name__)


def user_group(user_id: int) -> str:
    return f"user-{user_id}"


def market_group(venue: str) -> str:
    return f"market-{venue}"


@dataclass(frozen=True)
class Changed:
    """What changed for a user, told when called."""

    user_id: int
    keys: tuple[str, ...]

    def __call__(self) -> None:
        send(user_group(self.user_id), {"type": "live.changed", "keys": list(self.keys)})


def hint(user_id: int, *keys: str) -> None:
    """After the commit, names the fragments of a user's pages that changed: 'bots', 'bot-3', 'orders', ..."""
    after_commit(Changed(user_id, keys))


def toast(user_id: int, text: str, tone: str = "info", *, urgent: bool = False) -> None:
    """After the commit, shows a short message on the user's open pages. Tones: info, good, bad. An ``urgent`` one
    interrupts a screen reader: fills, refused orders and halts do."""
    message = {"type": "live.toast", "text": text, "tone": tone, "urgent": urgent}
    transaction.on_commit(lambda: send(user_group(user_id), message))


def send(group: str, message: dict[str, Any]) -> None:
    """Sends without waiting: the loop of a thread of its own keeps the connection to Redis."""
    asyncio.run_coroutine_threadsafe(_deliver(group, message), _loop())


async def _deliver(group: str, message: dict[str, Any]) -> None:
    try:
        await get_channel_layer().group_send(group, message)
    except (RedisError, OSError) as error:
        logger.warning("hint to %s lost: %s", group, error)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="hints", daemon=True).start()
    return loop
