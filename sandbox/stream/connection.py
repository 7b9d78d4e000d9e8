"""One WebSocket: its numbering, its subscriptions, and the faults of its frames."""

import asyncio
import contextlib
from functools import cached_property
from typing import Any

from aiohttp import ClientConnectionResetError, WSCloseCode, web

from sandbox.clock import SECOND, Clock, fine_stamp
from sandbox.encoding import compact
from sandbox.faults import Rule, Switchboard
from sandbox.settings import Settings
from sandbox.stream.frames import with_far_levels

CLOSED, CUT = "close", "cut"
POLICY = int(WSCloseCode.POLICY_VIOLATION)


class Shared(list[dict[str, Any]]):
    """Events that many connections are told: encoded once."""

    @cached_property
    def text(self) -> str:
        return compact(self)


class Connection:
    """``channels``: name as subscribed -> products, in the order in which they were asked for."""

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport | None, clock: Clock, faults: Switchboard,
        settings: Settings, *, user_only: bool,
    ) -> None:  # fmt: skip
        self._socket, self._transport, self._clock = socket, transport, clock
        self._faults, self._settings = faults, settings
        self.user_only, self.user, self.address = user_only, "", ""
        self.channels: dict[str, dict[str, None]] = {}
        self.opened = self.last_sent = clock.now()
        self.subscribed = False
        self.sequence = 0
        self._queue: asyncio.Queue[tuple[str, str | int]] = asyncio.Queue()
        self._held: list[tuple[int, str]] = []  # frames that come late: after how many others
        self._delayed: list[tuple[int, str, list[dict[str, Any]]]] = []  # until when, and what then
        self._silent_until: int | None = None

    def wants(self, channel: str, product: str) -> bool:
        return product in self.channels.get(channel, {})

    def send(self, channel: str, events: list[dict[str, Any]]) -> None:
        """Numbers the frame and sends it, as far as the switchboard lets it."""
        book = channel == "l2_data" and events[0]["type"] == "snapshot"
        rules = self._faults.of_frame(channel, book=book)
        kinds = {rule.fault: rule for rule in rules}
        if "lose_update" in kinds:
            return
        if "delay" in kinds:
            due = self._clock.now() + int(kinds["delay"].seconds * SECOND)
            self._delayed.append((due, channel, events))
            return
        self._number(channel, with_far_levels(events) if "large" in kinds else events, rules)

    def catch_up(self) -> None:
        """Tells what was delayed until now."""
        if not self._delayed:
            return
        now = self._clock.now()
        due = [one for one in self._delayed if one[0] <= now]
        self._delayed = [one for one in self._delayed if one[0] > now]
        for _, channel, events in sorted(due, key=lambda one: one[0]):
            self._number(channel, events, [])

    def _number(self, channel: str, events: list[dict[str, Any]], rules: list[Rule]) -> None:
        now = self._clock.now()
        client = '"client_id":"",' if self._settings.client_id else ""
        text = events.text if isinstance(events, Shared) else compact(events)
        frame = (
            f'{{"channel":"{channel}",{client}"timestamp":"{fine_stamp(now)}","sequence_num":{self.sequence},'
            f'"events":{text}}}'
        )
        self.sequence += 1
        self.last_sent = now
        self._pass(frame, rules)

    def error(self, message: str) -> None:
        self._put(compact({"type": "error", "message": message}))

    def close(self, code: int) -> None:
        self._queue.put_nowait((CLOSED, code))

    def cut(self) -> None:
        self._queue.put_nowait((CUT, 0))

    async def write(self) -> None:
        """Sends what is queued until the connection ends."""
        with contextlib.suppress(ClientConnectionResetError, ConnectionError):
            while True:
                kind, content = await self._queue.get()
                if kind == CUT:
                    if self._transport:
                        self._transport.abort()
                    return
                if kind == CLOSED:
                    await self._socket.close(code=int(content))
                    return
                await self._socket.send_str(str(content))

    def _pass(self, text: str, rules: list[Rule]) -> None:
        lost = False
        copies = 1
        for rule in rules:
            match rule.fault:
                case "lose":
                    lost = True
                case "late":
                    self._held.append((rule.count + 1, text))
                    lost = True
                case "duplicate":
                    copies = 2
                case "silence":
                    self._silence(rule)
        if not lost:
            for _ in range(copies):
                self._put(text)
        self._release()
        for rule in rules:
            match rule.fault:
                case "auth_error":
                    self.error("authentication failure")
                case "close":
                    self.close(rule.code)
                case "drop":
                    self.cut()

    def _put(self, text: str) -> None:
        if self._silent_until is None or self._clock.now() >= self._silent_until:
            self._silent_until = None
            self._queue.put_nowait(("text", text))

    def _silence(self, rule: Rule) -> None:
        seconds = rule.seconds or 10**6
        self._silent_until = self._clock.now() + int(seconds * SECOND)

    def _release(self) -> None:
        """Sends frames whose lateness is over."""
        self._held = [(count - 1, text) for count, text in self._held]
        for count, text in list(self._held):
            if count <= 0:
                self._held.remove((count, text))
                self._put(text)
