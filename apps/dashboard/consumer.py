"""The live socket of a page: hints and prices in, frames out."""

import asyncio
import logging
import time
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from apps.accounts.models import User
from apps.dashboard.frames import Outbox
from apps.dashboard.values import Venue, price_values, user_values, venues
from apps.operations.hints import market_group, user_group

FRAME = 0.25  # seconds between frames
BEAT = 5.0  # seconds between heartbeats
FIGURES = 1.0  # seconds between two readings of a user's equity
SIGNED_OUT = 4401
BROKEN = 1011

logger = logging.getLogger(__name__)


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """One for each open page of a signed-in user."""

    user: User
    pump: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self.accept()
        if not self.scope["user"].is_authenticated:
            await self.close(code=SIGNED_OUT)
            return
        self.user = self.scope["user"]
        self.outbox = Outbox()
        self.stale = True  # the user's figures, until first read
        self.venues: dict[str, Venue] = await database_sync_to_async(venues)(self.user)
        self.joined = [user_group(self.user.pk), *(market_group(name) for name in self.venues)]
        for group in self.joined:
            await self.channel_layer.group_add(group, self.channel_name)
        self.pump = asyncio.create_task(self._run())
        self.pump.add_done_callback(self._ended)

    async def disconnect(self, code: int) -> None:
        if self.pump is None:
            return
        self.pump.cancel()
        await asyncio.gather(self.pump, return_exceptions=True)  # its error was logged by _ended
        for group in self.joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    # --- what the groups say ---
    async def live_changed(self, message: dict[str, Any]) -> None:
        self.outbox.changed(message["keys"])
        self.stale = True

    async def live_toast(self, message: dict[str, Any]) -> None:
        self.outbox.add({"t": "toast", "text": message["text"], "tone": message["tone"]})

    async def live_check(self, message: dict[str, Any]) -> None:
        """Somebody signed out in one of the user's browsers; perhaps it was this one."""
        if not await self._is_signed_in():
            await self.close(code=SIGNED_OUT)

    async def live_price(self, message: dict[str, Any]) -> None:
        for venue in self.venues.values():
            for value in price_values(venue, message):
                self.outbox.value(*value)
        if message.get("bar"):
            self.outbox.bar(message["symbol"], message["kind"], message["bar"])
        self.stale = True

    # --- what the page hears ---
    async def _run(self) -> None:
        figures = beat = 0.0
        while True:
            now = time.monotonic()
            if self.stale and now - figures >= FIGURES:
                figures, self.stale = now, False
                for value in await database_sync_to_async(user_values)(self.user):
                    self.outbox.value(*value)
            if now - beat >= BEAT:
                beat = now
                if not await self._is_signed_in():
                    await self.close(code=SIGNED_OUT)
                    return
                self.outbox.add(
                    {"t": "h", "age": max((venue.age() or 0 for venue in self.venues.values()), default=0) or None}
                )
            frame = self.outbox.frame()
            if frame:
                await self.send_json(frame)
            await asyncio.sleep(FRAME)

    def _ended(self, pump: asyncio.Task[None]) -> None:
        """A page whose pump broke must not look alive: it connects again and refetches."""
        if not pump.cancelled() and pump.exception():
            logger.error("the live socket of %s broke", self.user, exc_info=pump.exception())
            self.closing = asyncio.ensure_future(self.close(code=BROKEN))

    async def _is_signed_in(self) -> bool:
        """Asks the stored session: the one that came with the socket is as old as the socket."""
        stored = self.scope["session"].__class__(self.scope["session"].session_key)
        return bool((await get_user({"session": stored})).is_authenticated)
