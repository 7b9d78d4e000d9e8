"""The live sockets of this process, paced together.

A price is heard once, formatted once and written once, however many pages show it, and never waits for the database.
A user's figures are read once for all of the user's pages, those of many users in one go, and by one reader that rests
longer than it reads: however many people there are, prices and hints come first and figures a little later. A page
that does not take its frames gets none until it does, then the values as they are and a gap in the numbers, upon which
it refetches its parts.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async

from apps.dashboard.rooms import Book, Market, Page, Room, heartbeat
from apps.dashboard.values import Venue, figures_of, venue_read
from apps.markets.models import Product
from apps.markets.watching import watch

FRAME = 0.25  # seconds between frames
BEAT = 5.0  # seconds between heartbeats
FIGURES = 1.0  # seconds between two readings of a user's figures
BATCH = 50  # users whose figures are read in one go
REST = 2.0  # the reader's pause, as a multiple of what it has worked
CHECKED = 30.0  # seconds between two looks whether a session still stands; signing out says so at once
KNOWN = 10.0  # seconds for which a venue need not be read again for the next page
PATIENCE = 30.0  # seconds that a frame may take to be taken
TURN = 50  # pages that are told before others may do something

logger = logging.getLogger(__name__)
hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, "Hub"] = WeakKeyDictionary()


def hub() -> "Hub":
    """Of the running loop; a process has one."""
    loop = asyncio.get_running_loop()
    if loop not in hubs:
        hubs[loop] = Hub()
    return hubs[loop]


@dataclass
class Seat:
    """How a page stands."""

    room: Room
    markets: Sequence[Market]
    book: Book | None = None
    beat: float = 0.0  # when the next heartbeat is due, monotonic
    missed: bool = True  # it was not told something that others were
    sending: asyncio.Task[None] | None = None
    since: float = 0.0  # when that began


class Hub:
    def __init__(self) -> None:
        self.seats: dict[Page, Seat] = {}
        self.rooms: dict[int, Room] = {}
        self.markets: dict[str, Market] = {}
        self.books: dict[int, Book] = {}
        self.entering = asyncio.Lock()
        self.tasks: list[asyncio.Task[None]] = []

    async def join(self, page: Page, venues: Iterable[str]) -> list[Venue]:
        """The page is told from now on; what is known of the venues."""
        async with self.entering:
            room = await self._room(page.user.pk)
            markets = [await self._market(name) for name in venues]
            places: list[Room | Market] = [room, *markets]
            for place in places:
                place.pages.add(page)
            room.stale = True
            self.seats[page] = Seat(room, markets)
            if not self.tasks or any(task.done() for task in self.tasks):
                for task in self.tasks:
                    task.cancel()
                self.tasks = [asyncio.create_task(work()) for work in (self._pace, self._read, self._check, self._look)]
                for task in self.tasks:
                    task.add_done_callback(partial(self._broken, self.seats))
            return [market.venue for market in markets]

    async def leave(self, page: Page) -> None:
        """Gone at once. What nobody watches any more is heard a little longer: mostly the user's next page comes."""
        seat = self.seats.pop(page, None)
        if seat is None:
            return
        places: list[Room | Market] = [seat.room, *seat.markets]
        for place in places:
            place.pages.discard(page)
        if seat.book is not None:
            seat.book.pages.discard(page)
        if not self.seats:
            for task in self.tasks:
                task.cancel()
            self.tasks = []
            await self._tidy()

    async def _tidy(self) -> None:
        """Ends hearing for nobody. One at a time, so that whoever comes meanwhile need not wait."""
        found: tuple[dict[Any, Any], ...] = (self.rooms, self.markets, self.books)
        for places in found:
            for key in list(places):
                async with self.entering:
                    if key in places and not places[key].pages:
                        await places.pop(key).ear.close()

    async def watch(self, page: Page, product: Product | None) -> None:
        """The page shows the book of a product from now on, or none."""
        async with self.entering:
            seat = self.seats.get(page)
            if seat is None:
                return
            if seat.book is not None:
                seat.book.pages.discard(page)
                seat.book = None
            if product is not None:
                seat.book = await self._book(product)
                seat.book.pages.add(page)
                await sync_to_async(watch, thread_sensitive=False)(product)

    async def _book(self, product: Product) -> Book:
        book = self.books.get(product.pk) or Book(product)
        await book.ear.open(partial(self._broken, book.pages))
        self.books[product.pk] = book
        return book

    async def _room(self, user: int) -> Room:
        room = self.rooms.get(user) or Room(user)
        await room.ear.open(partial(self._broken, room.pages))
        self.rooms[user] = room
        return room

    async def _market(self, name: str) -> Market:
        market = self.markets.get(name) or Market(name)
        if not market.known or time.monotonic() - market.known > KNOWN:
            market.know(await database_sync_to_async(venue_read, thread_sensitive=False)(name))
        await market.ear.open(partial(self._broken, market.pages))
        self.markets[name] = market
        return market

    def _broken(self, pages: Iterable[Page], task: asyncio.Task[None]) -> None:
        """What served these pages has ended; unless it was told to, they must not look alive."""
        error = None if task.cancelled() else task.exception()
        if error:
            logger.error("live pages are told nothing any more", exc_info=error)
            for page in list(pages):
                page.give_up()

    # --- frames ---
    async def _pace(self) -> None:
        while True:
            began = time.monotonic()
            beats: dict[tuple[str, ...], list[str]] = {}
            for market in self.markets.values():
                market.turn()
                if market.moved:
                    self._move(market)
            for number, (page, seat) in enumerate(list(self.seats.items()), 1):
                self._tell(page, seat, began, beats)
                if number % TURN == 0:
                    await asyncio.sleep(0)
            await asyncio.sleep(max(FRAME / 10, FRAME - (time.monotonic() - began)))

    def _move(self, market: Market) -> None:
        """A price came: the figures of whoever holds something have moved."""
        market.moved = False
        for page in market.pages:
            room = self.rooms[page.user.pk]
            room.stale = room.stale or room.moves

    def _tell(self, page: Page, seat: Seat, now: float, beats: dict[tuple[str, ...], list[str]]) -> None:
        parts = [part for market in seat.markets for part in market.parts]
        if seat.sending and not seat.sending.done():
            seat.missed = seat.missed or bool(parts)
            if now - seat.since > PATIENCE:
                page.give_up()
            return
        if seat.missed:
            parts = [part for market in seat.markets for part in market.whole()] + parts
            page.outbox.sequence += bool(page.outbox.sequence)  # the gap
            seat.missed = False
        if now >= seat.beat:
            seat.beat = now + BEAT
            names = tuple(market.name for market in seat.markets)
            if names not in beats:
                beats[names] = heartbeat(seat.markets)
            parts += beats[names]
        frame = page.outbox.frame(parts)
        if frame:
            seat.sending, seat.since = page.tell(frame), now

    # --- figures ---
    async def _read(self) -> None:
        """Reads the figures that may have changed, the oldest first."""
        read = database_sync_to_async(figures_of, thread_sensitive=False)
        while True:
            began = time.monotonic()
            due = [room for room in self.rooms.values() if room.pages and room.stale and began - room.read >= FIGURES]
            rooms = sorted(due, key=lambda room: room.read)[:BATCH]
            if not rooms:
                await asyncio.sleep(FRAME / 5)
                continue
            for room in rooms:
                room.stale, room.read = False, began
            reading = asyncio.ensure_future(read([room.user for room in rooms]))
            reading.add_done_callback(partial(self._broken, [page for room in rooms for page in room.pages]))
            await asyncio.wait([reading])
            if not reading.exception():
                for room in rooms:
                    room.show(reading.result()[room.user])
            await asyncio.sleep(REST * (time.monotonic() - began))

    # --- sessions ---
    async def _check(self) -> None:
        """Each page in turn."""
        waiting: list[Page] = []
        while True:
            waiting = waiting or list(self.seats)
            await asyncio.sleep(CHECKED / max(1, len(self.seats)))
            page = waiting.pop()
            if page in self.seats:
                page.check()

    # --- what is watched ---
    async def _look(self) -> None:
        """Says again and again which books are looked at: the stream reads them as long as somebody does."""
        while True:
            await asyncio.sleep(BEAT)
            await self._tidy()
            for book in list(self.books.values()):
                await sync_to_async(watch, thread_sensitive=False)(book.product)
