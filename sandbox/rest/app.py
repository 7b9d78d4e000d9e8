"""The web application: routes with the scope that each needs, and what every request passes through."""

import logging
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from urllib.parse import unquote

from aiohttp import web

from sandbox.auth import Unauthorized, bearer, verify
from sandbox.encoding import compact
from sandbox.keys import TRADE, TRANSFER, VIEW, Key
from sandbox.refusals import Denied
from sandbox.rest import admin, derivatives, markets, orders, portfolios, previews, wallets
from sandbox.rest.calls import Call, Handler, decode
from sandbox.rest.misbehave import Misbehaving, spent
from sandbox.venue import Venue

logger = logging.getLogger(__name__)
PREFIX = "/api/v3/brokerage"
Route = tuple[str, str, str, Handler]

PUBLIC: list[Route] = [
    ("GET", "/time", "", markets.time),
    ("GET", "/market/products", "", markets.products),
    ("GET", "/market/products/{product_id}", "", markets.product),
    ("GET", "/market/product_book", "", markets.book),
    ("GET", "/market/products/{product_id}/candles", "", markets.candles),
    ("GET", "/market/products/{product_id}/ticker", "", markets.trades),
]
PRIVATE: list[Route] = [
    ("GET", "/products", VIEW, markets.products),
    ("GET", "/products/{product_id}", VIEW, markets.product),
    ("GET", "/product_book", VIEW, markets.book),
    ("GET", "/products/{product_id}/candles", VIEW, markets.candles),
    ("GET", "/products/{product_id}/ticker", VIEW, markets.trades),
    ("GET", "/best_bid_ask", VIEW, markets.best_bid_ask),
    ("GET", "/accounts", VIEW, wallets.listing),
    ("GET", "/accounts/{account_uuid}", VIEW, wallets.show),
    ("GET", "/key_permissions", VIEW, wallets.permissions),
    ("GET", "/transaction_summary", VIEW, wallets.fees),
    ("POST", "/orders", TRADE, orders.create),
    ("POST", "/orders/preview", VIEW, previews.preview),
    ("POST", "/orders/edit", TRADE, orders.edit),
    ("POST", "/orders/edit_preview", VIEW, previews.edit_preview),
    ("POST", "/orders/batch_cancel", TRADE, orders.batch_cancel),
    ("POST", "/orders/close_position", TRADE, orders.close_position),
    ("GET", "/orders/historical/batch", VIEW, orders.listing),
    ("GET", "/orders/historical/fills", VIEW, orders.fills),
    ("GET", "/orders/historical/{order_id}", VIEW, orders.show),
    ("GET", "/portfolios", VIEW, portfolios.listing),
    ("POST", "/portfolios", TRADE, portfolios.create),
    ("POST", "/portfolios/move_funds", TRANSFER, portfolios.move_funds),
    ("GET", "/portfolios/{portfolio_uuid}", VIEW, portfolios.breakdown),
    ("PUT", "/portfolios/{portfolio_uuid}", TRADE, portfolios.rename),
    ("DELETE", "/portfolios/{portfolio_uuid}", TRADE, portfolios.delete),
    ("POST", "/convert/quote", TRADE, portfolios.quote),
    ("POST", "/convert/trade/{trade_id}", TRADE, portfolios.commit),
    ("GET", "/convert/trade/{trade_id}", VIEW, portfolios.conversion),
    ("GET", "/payment_methods", VIEW, portfolios.payment_methods),
    ("GET", "/payment_methods/{payment_method_id}", VIEW, portfolios.payment_method),
    ("GET", "/cfm/balance_summary", VIEW, derivatives.summary),
    ("GET", "/cfm/positions", VIEW, derivatives.positions),
    ("GET", "/cfm/positions/{product_id}", VIEW, derivatives.position),
    ("GET", "/cfm/sweeps", VIEW, derivatives.sweeps),
    ("POST", "/cfm/sweeps/schedule", TRANSFER, derivatives.accepted),
    ("DELETE", "/cfm/sweeps", TRANSFER, derivatives.accepted),
    ("GET", "/cfm/intraday/margin_setting", VIEW, derivatives.margin_setting),
    ("POST", "/cfm/intraday/margin_setting", TRADE, derivatives.nothing),
    ("GET", "/cfm/intraday/current_margin_window", VIEW, derivatives.margin_window),
    ("POST", "/intx/allocate", TRANSFER, derivatives.perpetuals),
    ("GET", "/intx/portfolio/{portfolio_uuid}", VIEW, derivatives.perpetuals),
    ("GET", "/intx/positions/{portfolio_uuid}", VIEW, derivatives.perpetuals),
    ("GET", "/intx/positions/{portfolio_uuid}/{symbol}", VIEW, derivatives.perpetuals),
    ("GET", "/intx/balances/{portfolio_uuid}", VIEW, derivatives.perpetuals),
    ("POST", "/intx/multi_asset_collateral", TRADE, derivatives.perpetuals),
]
OLD: list[Route] = [
    ("GET", "/v2/time", "", derivatives.v2_time),
    ("GET", "/v2/currencies", "", derivatives.v2_currencies),
    ("GET", "/v2/currencies/crypto", "", derivatives.v2_crypto),
    ("GET", "/v2/exchange-rates", "", derivatives.v2_rates),
    ("GET", "/v2/accounts", VIEW, derivatives.v2_accounts),
]
MISSING = Denied(403, "PERMISSION_DENIED", "Missing required scopes")


def application(venue: Venue) -> web.Application:
    """REST, WebSocket and the switchboard's own endpoints, on one port."""
    app = web.Application(client_max_size=1 << 20)
    for path in ("/", "/user"):
        app.router.add_get(path, _socket(venue, user_only=path == "/user"))
    for method, path, scope, handler in [*PUBLIC, *PRIVATE]:
        app.router.add_route(method, PREFIX + path, _endpoint(venue, scope, handler))
    for method, path, scope, handler in OLD:
        app.router.add_route(method, path, _endpoint(venue, scope, handler))
    for method, path, handler in admin.ROUTES:
        app.router.add_route(method, path, _bare(venue, handler))
    app.router.add_route("*", "/{rest:.*}", _bare(venue, _no_route))
    return app


def _endpoint(venue: Venue, scope: str, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        misbehaving = Misbehaving(venue, request, request.path.removeprefix(PREFIX))
        if (answer := await misbehaving.before()) is not None:
            return answer
        content = await request.read()
        try:
            key = _authorise(venue, request, scope)
            headers, refusal = _limit(venue, key, request.remote or "")
            body = decode(content) if request.method in ("POST", "PUT") else {}
            copies = 2 if misbehaving.hits("double") else 1
            refuse, fail, correct = (misbehaving.reason(fault) for fault in ("refuse", "fail", "correct"))
            call = Call(venue, request, body, key, refuse, fail, copies, correct)
            response = refusal or await _respond(handler, call)
            response.headers.update(headers)
        except Unauthorized as reason:
            logger.info("401 %s %s: %s", request.method, request.path, reason)
            response = web.Response(status=401, text="Unauthorized\n")
        except Denied as denied:
            response = web.Response(status=denied.status, text=compact(denied.row()), content_type="application/json")
        venue.settle()
        return await misbehaving.after(response)

    return serve


def _bare(venue: Venue, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Without faults and without keys."""

    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            body = decode(await request.read())
            response = await _respond(handler, Call(venue, request, body))
        except Denied as denied:
            return web.Response(status=denied.status, text=compact(denied.row()), content_type="application/json")
        venue.settle()
        return response

    return serve


async def _respond(handler: Handler, call: Call) -> web.StreamResponse:
    answer = handler(call)
    if isawaitable(answer):
        answer = await answer
    if isinstance(answer, web.StreamResponse):
        return answer
    return web.Response(text=compact(answer), content_type="application/json")


def _authorise(venue: Venue, request: web.Request, scope: str) -> Key | None:
    if not scope:
        return None
    call = f"{request.method} {unquote(request.rel_url.raw_path)}"
    token = bearer(request.headers.get("Authorization", ""))
    key = verify(venue.keys, token, venue.token_time(), request.remote or "", call)
    if scope not in key.scopes:
        raise MISSING
    return key


def _limit(venue: Venue, key: Key | None, address: str) -> tuple[dict[str, str], web.Response | None]:
    """The headers that tell a key its budget, and the answer when it is spent. Lower case: clients look them up so.

    Who shows no key has the budget of their address, and is told nothing of it.
    """
    settings = venue.exchange.settings
    limit = settings.rate_limit if key else settings.public_limit
    if not limit:
        return {}, None
    left = venue.take(key.name if key else address, limit)
    if key is None:
        return {}, spent() if left < 0 else None
    headers = {"x-ratelimit-limit": str(limit), "x-ratelimit-remaining": str(max(left, 0)), "x-ratelimit-reset": "1"}
    return headers, spent() if left < 0 else None


def _no_route(call: Call) -> web.StreamResponse:
    row = Denied(404, "unknown", "Not Found").row()
    return web.Response(status=404, text=compact(row), content_type="application/json")


def _socket(venue: Venue, *, user_only: bool) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return web.Response(text="The sandbox exchange runs. Its API is under /api/v3/brokerage.\n")
        if venue.down:
            if request.transport:
                request.transport.abort()
            return web.Response()
        return await venue.hub.serve(request, user_only=user_only)

    return serve
