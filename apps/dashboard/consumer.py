"""The live socket of a page: told by the hub of its process; it may say whose book it shows."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from autobahn.exception import Disconnected
from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from apps.accounts.models import User
from apps.dashboard.frames import Outbox
from apps.dashboard.hub import Hub, hub
from apps.dashboard.values import venue_names
from apps.dashboard.watching import Refused, Watching
from apps.operations.logs.correlation import begin

READERS = 4  # sockets of this process that read the database at once; pages need connections too
SIGNED_OUT = 4401
BROKEN = 1011

logger = logging.getLogger(__name__)
reading = asyncio.Semaphore(READERS)


class LiveConsumer(AsyncWebsocketConsumer):
    """One for each open page of a signed-in user."""

    channel_layer_alias = ""  # none: the hub listens for all of them
    user: User
    hub: Hub | None = None

    async def connect(self) -> None:
        if not self.scope["user"].is_authenticated:
            await self.accept()
            await self.close(code=SIGNED_OUT)
            return
        self.user = self.scope["user"]
        begin(user=self.user.pk)
        self.outbox = Outbox()
        self.tasks: set[asyncio.Task[None]] = set()
        async with reading:
            venues = await database_sync_to_async(venue_names, thread_sensitive=False)(self.user)
        self.hub = hub()
        self.watching = Watching(await self.hub.join(self, venues))
        await self.accept()  # a page asks anew for all it shows when its socket opens: from here on it misses nothing

    async def disconnect(self, code: int) -> None:
        if self.hub is not None:
            await self.hub.leave(self)
            for task in self.tasks:
                task.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **options: Any) -> None:
        """A page may name the product whose book it shows; anything else ends its socket."""
        if self.hub is None:
            return
        try:
            product = self.watching.ask(text_data)
        except Refused as refused:
            await self.close(code=refused.code)
            return
        await self.hub.watch(self, product)

    # --- what the hub does with it ---
    def tell(self, frame: str) -> asyncio.Task[None]:
        """Sends a frame. With most servers it is gone when this returns; one that waits for the client takes longer."""
        return self._begin(self.send(text_data=frame))

    def check(self) -> None:
        """Looks whether the user is still signed in in this browser, and leaves otherwise."""
        self._begin(self._check())

    def give_up(self) -> None:
        """A page that misses something must not look alive: it connects again and refetches."""
        self._begin(self.close(code=BROKEN))

    async def _check(self) -> None:
        if not await self._is_signed_in():
            await self.close(code=SIGNED_OUT)

    async def _is_signed_in(self) -> bool:
        """Asks the stored session: the one that came with the socket is as old as the socket."""
        stored = self.scope["session"].__class__(self.scope["session"].session_key)
        async with reading:
            return bool((await get_user({"session": stored})).is_authenticated)

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
        if task.done():
            self._ended(task)
        else:
            self.tasks.add(task)
            task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error and not isinstance(error, Disconnected):  # a page that was left while a frame was under way
            logger.error("the live socket of %s broke", self.user, exc_info=error)
            self.closing = asyncio.ensure_future(self.close(code=BROKEN))
