"""Who calls: JSON web tokens as the exchange's clients make them."""

import json
from ipaddress import ip_address
from math import isfinite
from typing import Any

import jwt
from jwt.types import Options
from jwt.utils import base64url_decode

from sandbox.keys import EDDSA, ES256, Key, KeyRing

LIFE = 121  # seconds a token may be valid: 120, and clients that read the clock for each end of it
SKEW = 30  # seconds a client's clock may be ahead
ISSUERS = ("cdp", "coinbase-cloud")


class Unauthorized(Exception):
    """The reason is for the log: the caller is told nothing."""


def bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized("no bearer token")
    return token.strip()


def verify(ring: KeyRing, token: str, now: float, address: str, call: str | None = None) -> Key:
    """The key that signed. ``address``: the caller's, which the key may have to be used from.

    ``call``: method and path, such as 'GET /api/v3/brokerage/accounts'; None on WebSocket. Raises Unauthorized.
    """
    header = _header(token)
    key = ring.get(str(header.get("kid")))
    if key is None or key.revoked:
        raise Unauthorized(f"unknown key {header.get('kid')!r}")
    if key.addresses and not any(ip_address(address) in network for network in key.addresses):
        raise Unauthorized(f"address must be one of the key's list, was {address}")
    if header.get("alg") != key.algorithm or key.algorithm not in (ES256, EDDSA):
        raise Unauthorized(f"alg must be {key.algorithm}, was {header.get('alg')!r}")
    claims = _claims(token, key)
    _check_times(claims, now)
    if claims.get("sub") != key.name:
        raise Unauthorized(f"sub must be the key's name, was {claims.get('sub')!r}")
    if claims.get("iss") not in ISSUERS:
        raise Unauthorized(f"iss must be one of {', '.join(ISSUERS)}, was {claims.get('iss')!r}")
    if call is not None and call not in [_without_host(uri) for uri in _uris(claims)]:
        raise Unauthorized(f"uri must be {call!r}, was {_uris(claims)}")
    return key


def _header(token: str) -> dict[str, Any]:
    """Only to find the key: the signature is checked over it. PyJWT's own look at it reads all of the token."""
    try:
        row = json.loads(base64url_decode(token.partition(".")[0]))
    except (ValueError, RecursionError) as error:
        raise Unauthorized(f"no token: {error}") from None
    if not isinstance(row, dict):
        raise Unauthorized("no token: its header is no object")
    return row


def _claims(token: str, key: Key) -> dict[str, Any]:
    unchecked: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}
    try:
        claims: dict[str, Any] = jwt.decode(token, key.public, algorithms=[key.algorithm], options=unchecked)
    except (jwt.PyJWTError, RecursionError) as error:
        raise Unauthorized(f"bad signature: {error}") from None
    return claims


def _check_times(claims: dict[str, Any], now: float) -> None:
    start, end = claims.get("nbf"), claims.get("exp")
    if not isinstance(start, (int, float)) or not isinstance(end, (int, float)):
        raise Unauthorized("nbf and exp must be numbers")
    if not isfinite(start) or not isfinite(end):
        raise Unauthorized("nbf and exp must be finite")
    if start > now + SKEW:
        raise Unauthorized(f"not valid before {start}, it is {now:.0f}")
    if end <= now:
        raise Unauthorized(f"expired at {end}, it is {now:.0f}")
    if end - start > LIFE:
        raise Unauthorized(f"valid for {end - start} s, must be at most {LIFE}")


def _uris(claims: dict[str, Any]) -> list[str]:
    uris = claims.get("uris", [claims.get("uri", "")])
    return [str(uri) for uri in uris] if isinstance(uris, list) else []


def _without_host(uri: str) -> str:
    """'GET localhost:9000/api' and 'GET http://localhost:9000/api' are both 'GET /api'. A query is no part of it."""
    method, _, rest = uri.partition(" ")
    _, slash, path = rest.removeprefix("http://").removeprefix("https://").partition("/")
    return f"{method} {slash}{path}"
