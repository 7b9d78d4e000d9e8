"""A WebSocket to the sandbox that gathers what it is told."""

import asyncio
import json
from contextlib import asynccontextmanager

from coinbase.jwt_generator import build_ws_jwt
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from sandbox.testing import PATIENCE, Sandbox


class Listener:
    def __init__(self, socket, key):
        self.socket, self.key, self.frames = socket, key, []

    async def ask(self, channel, products=(), kind="subscribe", signed=False):
        row = {"type": kind, "product_ids": list(products), "channel": channel}
        if signed:
            row["jwt"] = build_ws_jwt(self.key["name"], self.key["privateKey"])
        await self.socket.send(json.dumps(row))

    async def until(self, found, seconds=PATIENCE):
        """The first frame that ``found`` likes; what came before is kept."""
        async with asyncio.timeout(seconds):
            while True:
                frame = json.loads(await self.socket.recv())
                self.frames.append(frame)
                if found(frame):
                    return frame

    async def of(self, channel, kind=None, seconds=PATIENCE):
        return await self.until(
            lambda frame: frame.get("channel") == channel and kind in (None, frame["events"][0].get("type")), seconds
        )

    async def all(self):
        """All frames of what has happened until now: what cannot be read is answered after them."""
        await self.socket.send("is that all?")
        await self.until(lambda frame: frame.get("message") == "failed to parse message")
        self.frames.pop()
        return self.frames

    async def end(self, seconds=PATIENCE):
        """The code with which the connection is closed."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self.frames.append(json.loads(await self.socket.recv()))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006

    @property
    def numbers(self):
        return [frame["sequence_num"] for frame in self.frames if "sequence_num" in frame]


@asynccontextmanager
async def listening(exchange: Sandbox, path: str = "/"):
    key = exchange.key()
    async with connect(exchange.socket + path, max_size=10 << 20) as socket:
        yield Listener(socket, key)
