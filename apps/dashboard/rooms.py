"""Whom the hub tells: the pages of a user, the pages that watch a market. Each hears its group once for all of them."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from channels.layers import get_channel_layer

from apps.accounts.models import User
from apps.dashboard.frames import Outbox, text_of
from apps.dashboard.values import Figures, Venue, age_values, price_values
from apps.dashboard.watching import Watching
from apps.markets.models import Product
from apps.markets.watching import depth_group
from apps.operations.hints import market_group, user_group


class Page(Protocol):
    """A live socket."""

    user: User
    outbox: Outbox
    watching: Watching

    def tell(self, frame: str) -> asyncio.Task[None]: ...
    def check(self) -> None: ...
    def give_up(self) -> None: ...


class Ear:
    """Passes on what is said to a group, as it comes."""

    def __init__(self, group: str, take: Callable[[dict[str, Any]], None]) -> None:
        self.group, self.take, self.layer = group, take, get_channel_layer()
        self.task: asyncio.Task[None] | None = None

    async def open(self, broken: Callable[[asyncio.Task[None]], None]) -> None:
        """Hears from now on, if it does not yet; ``broken`` is called when that ends, for whatever reason."""
        if self.task is not None and not self.task.done():
            return
        self.channel = await self.layer.new_channel()
        await self.layer.group_add(self.group, self.channel)
        self.task = asyncio.create_task(self._listen())
        self.task.add_done_callback(broken)

    async def close(self) -> None:
        await self.layer.group_discard(self.group, self.channel)
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            self.take(await self.layer.receive(self.channel))


class Room:
    """The open pages of one user."""

    def __init__(self, user: int) -> None:
        self.user = user
        self.pages: set[Page] = set()
        self.ear = Ear(user_group(user), self._take)
        self.stale = True  # the figures may have changed
        self.moves = True  # they follow the price
        self.read = 0.0  # when they were read last, monotonic

    def show(self, figures: Figures) -> None:
        self.moves = figures.moves
        for page in self.pages:
            for value in figures.values:
                page.outbox.value(*value)

    def _take(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "live.changed":
                self.stale = True
                for page in self.pages:
                    page.outbox.changed(message["keys"])
            case "live.toast":
                told = {name: message[name] for name in ("text", "tone", "urgent")}
                for page in self.pages:
                    page.outbox.add({"t": "toast", **told})
            case "live.check":  # somebody signed out in one of the user's browsers; perhaps it was this one
                for page in self.pages:
                    page.check()


class Market:
    """A venue and the pages that watch it. What they are told of it is the same for all, and written once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.pages: set[Page] = set()
        self.outbox = Outbox()
        self.venue = Venue({}, 0.0, 0.0)
        self.known = 0.0  # when the venue was read, monotonic
        self.moved = False  # a price came since somebody asked
        self.parts: list[str] = []  # of the frame that goes out now
        self.ear = Ear(market_group(name), self._take)

    def know(self, venue: Venue) -> None:
        """What is in the database of it; what was heard since counts more."""
        venue.heard = max(venue.heard, self.venue.heard)
        self.venue, self.known = venue, time.monotonic()

    def turn(self) -> None:
        """The messages of the next frame."""
        self.parts = [text_of(message) for message in self.outbox.messages()]

    def whole(self) -> list[str]:
        return [text_of(message) for message in self.outbox.whole()]

    def _take(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "live.heard":  # a live market is whole up to now
                self.venue.heard = time.time()
            case "live.price":
                for value in price_values(self.venue, message):
                    self.outbox.value(*value)
                if message.get("bar"):
                    self.outbox.bar(message["symbol"], message["kind"], message["bar"])
                self.moved = True


class Book:
    """A product and the pages that watch its book."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.pages: set[Page] = set()
        self.ear = Ear(depth_group(product), self._take)

    def _take(self, message: dict[str, Any]) -> None:
        for page in self.pages:
            told = page.watching.message(message)
            if told:
                page.outbox.add(told)


def heartbeat(markets: Iterable[Market]) -> list[str]:
    """Messages that say the socket lives, and how old the markets are."""
    outbox = Outbox()
    venues = [market.venue for market in markets]
    for value in age_values(venues):
        outbox.value(*value)
    if any(venue.live for venue in venues):
        outbox.changed(["market"])
    outbox.add({"t": "h", "age": max((venue.age() or 0 for venue in venues), default=0) or None})
    return [text_of(message) for message in outbox.messages()]
