"""The live socket of a page: hints and prices in, frames out."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from autobahn.exception import Disconnected
from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from apps.accounts.models import User
from apps.dashboard.frames import Outbox
from apps.dashboard.values import Venue, age_values, price_values, user_figures, venues
from apps.dashboard.watching import Refused, Watching
from apps.markets.watching import depth_group, watch
from apps.operations.hints import market_group, user_group
from apps.operations.logs.correlation import begin

FRAME = 0.25  # seconds between frames
BEAT = 5.0  # seconds between heartbeats
FIGURES = 1.0  # seconds between two readings of a user's equity
READERS = 4  # sockets of this process that read the database at once; pages need connections too
CHECKED = 30.0  # seconds between two looks whether the session still stands; signing out says so at once
SIGNED_OUT = 4401
BROKEN = 1011

logger = logging.getLogger(__name__)
reading = asyncio.Semaphore(READERS)


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """One for each open page of a signed-in user."""

    user: User
    tasks: tuple[asyncio.Task[None], ...] = ()

    async def connect(self) -> None:
        await self.accept()
        if not self.scope["user"].is_authenticated:
            await self.close(code=SIGNED_OUT)
            return
        self.user = self.scope["user"]
        begin(user=self.user.pk)
        self.outbox = Outbox()
        self.stale = asyncio.Event()  # the user's figures may have changed
        self.stale.set()
        self.moves = True  # they follow the price
        self.venues: dict[str, Venue] = await in_turn(venues, self.user)
        self.watching = Watching(self.venues.values())
        self.joined = [user_group(self.user.pk), *(market_group(name) for name in self.venues)]
        for group in self.joined:
            await self.channel_layer.group_add(group, self.channel_name)
        # Figures are read beside the frames: a slow database delays no price and no hint.
        self.tasks = (asyncio.create_task(self._run()), asyncio.create_task(self._read()))
        for task in self.tasks:
            task.add_done_callback(self._ended)

    async def disconnect(self, code: int) -> None:
        if not self.tasks:
            return
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)  # their errors were logged by _ended
        for group in self.joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **options: Any) -> None:
        """A page may name the product whose book it shows; anything else ends its socket."""
        if not self.tasks:
            return
        before = self.watching.product
        try:
            product = self.watching.ask(text_data)
        except Refused as refused:
            await self.close(code=refused.code)
            return
        if before is not None:
            self.joined.remove(depth_group(before))
            await self.channel_layer.group_discard(depth_group(before), self.channel_name)
        if product is not None:
            self.joined.append(depth_group(product))
            await self.channel_layer.group_add(depth_group(product), self.channel_name)
            await self._watch()

    async def _watch(self) -> None:
        """Says that the book is looked at: the stream reads it as long as somebody does."""
        if self.watching.product is not None:
            await sync_to_async(watch, thread_sensitive=False)(self.watching.product)

    # --- what the groups say ---
    async def live_changed(self, message: dict[str, Any]) -> None:
        self.outbox.changed(message["keys"])
        self.stale.set()

    async def live_toast(self, message: dict[str, Any]) -> None:
        told = {name: message[name] for name in ("text", "tone", "urgent")}
        self.outbox.add({"t": "toast", **told})

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
        if self.moves:
            self.stale.set()

    async def live_depth(self, message: dict[str, Any]) -> None:
        told = self.watching.message(message)
        if told:
            self.outbox.add(told)

    async def live_heard(self, message: dict[str, Any]) -> None:
        """A live market is whole up to now."""
        if message["venue"] in self.venues:
            self.venues[message["venue"]].heard = time.time()

    # --- what the page hears ---
    async def _run(self) -> None:
        beat, checked = 0.0, time.monotonic() - random.uniform(0, CHECKED)  # a thousand sockets do not look at once
        while True:
            now = time.monotonic()
            if now - checked >= CHECKED:
                checked = now
                if not await self._is_signed_in():
                    await self.close(code=SIGNED_OUT)
                    return
            if now - beat >= BEAT:
                beat = now
                if any(venue.live for venue in self.venues.values()):
                    self.outbox.changed(["market"])
                for value in age_values(self.venues.values()):
                    self.outbox.value(*value)
                self.outbox.add(
                    {"t": "h", "age": max((venue.age() or 0 for venue in self.venues.values()), default=0) or None}
                )
                await self._watch()
            frame = self.outbox.frame()
            if frame:
                await self.send_json(frame)
            await asyncio.sleep(FRAME)

    async def _read(self) -> None:
        """Reads the user's figures whenever they may have changed, at most once in FIGURES."""
        while True:
            await self.stale.wait()
            self.stale.clear()
            figures = await in_turn(user_figures, self.user)
            self.moves = figures.moves
            for value in figures.values:
                self.outbox.value(*value)
            await asyncio.sleep(FIGURES)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A page whose socket broke must not look alive: it connects again and refetches."""
        error = None if task.cancelled() else task.exception()
        if error and not isinstance(error, Disconnected):  # a page that was left while a frame was under way
            logger.error("the live socket of %s broke", self.user, exc_info=error)
            self.closing = asyncio.ensure_future(self.close(code=BROKEN))

    async def _is_signed_in(self) -> bool:
        """Asks the stored session: the one that came with the socket is as old as the socket."""
        stored = self.scope["session"].__class__(self.scope["session"].session_key)
        async with reading:
            return bool((await get_user({"session": stored})).is_authenticated)


async def in_turn[T](read: Callable[[User], T], user: User) -> T:
    """Reads from the database in a thread of its own, when fewer than READERS sockets do."""
    async with reading:
        return await database_sync_to_async(read, thread_sensitive=False)(user)
