"""Faults of a request: what goes wrong before it is carried out, and after."""

import asyncio
import os
import signal
from collections.abc import Mapping

from aiohttp import web

from sandbox.encoding import compact
from sandbox.faults import Rule
from sandbox.venue import Venue

PAGE = (
    '<html>\n  <head>\n    <title>Coinbase</title>\n    <meta name="robots" content="noindex">\n  </head>\n'
    "  <body>\n    <h1>{title}</h1>\n    <p>Please try again later.</p>\n"
    + "    <!-- -->\n" * 200
    + "  </body>\n</html>\n"
)
SCOPES = {
    "error": "PERMISSION_DENIED", "error_details": "Missing required scopes", "message": "Missing required scopes",
}  # fmt: skip
LIMITED = {"errors": [{"id": "rate_limit_exceeded", "message": "Too many requests"}]}
INTERNAL = {"error": "INTERNAL", "error_details": "internal error", "message": "internal error"}
USUAL_HANG = 30.0  # seconds that a client waits in vain when the rule does not say
DRIPS = 20


class Misbehaving:
    def __init__(self, venue: Venue, request: web.Request, path: str) -> None:
        self._venue, self._request = venue, request
        self._rules = [] if venue.down else venue.faults.of_call(request.method, path)

    def reason(self, fault: str) -> str:
        """That of the first rule of this kind which hit; '' when none did."""
        return next((rule.reason for rule in self._rules if rule.fault == fault), "")

    def hits(self, fault: str) -> bool:
        return any(rule.fault == fault for rule in self._rules)

    async def before(self) -> web.StreamResponse | None:
        """The answer in place of the real one; None when the request shall be carried out."""
        if self._venue.down:
            return self._cut()
        for rule in self._rules:
            if rule.fault == "latency":
                await asyncio.sleep(rule.seconds)
            elif rule.fault == "reset":
                return self._cut()
            elif rule.fault in INSTEAD:
                return INSTEAD[rule.fault]()
        return None

    async def after(self, response: web.StreamResponse) -> web.StreamResponse:
        for rule in self._rules:
            if rule.fault == "timeout":
                await asyncio.sleep(rule.seconds or USUAL_HANG)
                return self._cut()
            if rule.fault == "reset_after":
                return self._cut()
            if rule.fault == "crash":
                os.kill(os.getpid(), signal.SIGKILL)
            if rule.fault == "server_error_after":
                return _json(500, INTERNAL)
            if rule.fault == "drip" and isinstance(response, web.Response):
                return await self._drip(response, rule)
        return response

    def _cut(self) -> web.Response:
        if self._request.transport:
            self._request.transport.abort()
        return web.Response()

    async def _drip(self, response: web.Response, rule: Rule) -> web.StreamResponse:
        body = response.body if isinstance(response.body, bytes) else b""
        slow = web.StreamResponse(status=response.status, headers={"content-type": response.content_type})
        slow.content_length = len(body)
        await slow.prepare(self._request)
        step = max(len(body) // DRIPS, 1)
        for start in range(0, len(body), step):
            await slow.write(body[start : start + step])
            await asyncio.sleep(rule.seconds / DRIPS)
        return slow


def _json(status: int, row: Mapping[str, object]) -> web.Response:
    return web.Response(status=status, text=compact(row), content_type="application/json")


def _page(status: int, title: str) -> web.Response:
    return web.Response(status=status, text=PAGE.replace("{title}", title), content_type="text/html")


def spent() -> web.Response:
    """The answer to a key that has asked too often."""
    return _json(429, LIMITED)


INSTEAD = {
    "unauthorized": lambda: web.Response(status=401, text="Unauthorized\n"),
    "forbidden": lambda: _json(403, SCOPES),
    "rate_limited": spent,
    "rate_limited_html": lambda: _page(429, "Too many requests"),
    "server_error": lambda: _json(500, INTERNAL),
    "bad_gateway": lambda: _page(502, "Bad gateway"),
    "unavailable": lambda: _page(503, "Service unavailable"),
}
