"""Signing requests with an API key. The one place that holds a private key in the clear."""

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

LIFE = 120  # seconds that a token may live
BEHIND = 5  # seconds by which a token begins earlier: our clock is only known so well
SEED, PAIR = 32, 64  # bytes of a raw Ed25519 key, without and with its public half
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class BadKey(ValueError):
    """The text is no private key that the exchange takes. The message never holds any of it."""


@dataclass(frozen=True, repr=False)
class Credentials:
    """An API key as its file holds it. Shows nothing but the last signs of its name."""

    name: str
    secret: str

    def __repr__(self) -> str:
        return f"Credentials(…{self.name[-4:]})"


class Signer:
    """Tokens for one key: ES256 or EdDSA, whichever the key is of. Raises BadKey."""

    def __init__(self, credentials: Credentials) -> None:
        self.name = credentials.name
        self._key = private_key(credentials.secret)
        self._algorithm = "EdDSA" if isinstance(self._key, ed25519.Ed25519PrivateKey) else "ES256"

    def __repr__(self) -> str:
        return f"Signer(…{self.name[-4:]})"

    def token(self, now: float, uri: str = "") -> str:
        """A token of ``now``, seconds of the exchange's clock. ``uri``: 'GET host/path'; sockets have none."""
        begins = int(now) - BEHIND
        claims: dict[str, Any] = {"sub": self.name, "iss": "cdp", "nbf": begins, "exp": begins + LIFE}
        if uri:
            claims["uri"] = uri
        headers = {"kid": self.name, "nonce": secrets.token_hex()}
        return jwt.encode(claims, self._key, algorithm=self._algorithm, headers=headers)


def private_key(secret: str) -> PrivateKey:
    """The key of a PEM text (line ends may be written as '\\n'), or of 32 or 64 bytes in base64. Raises BadKey."""
    text = secret.replace("\\n", "\n").strip()
    try:
        if not text.startswith("-----BEGIN"):
            return _raw(text)
        key = serialization.load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Without its cause: the library's words may quote the text.
        raise BadKey("private key must be the PEM text or the base64 of the key file, was neither") from None
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1":
        return key
    raise BadKey("private key must be of ECDSA P-256 or Ed25519, was of another kind")


def _raw(text: str) -> ed25519.Ed25519PrivateKey:
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        raise ValueError("no base64") from None
    if len(raw) not in (SEED, PAIR):
        raise ValueError("wrong length")
    return ed25519.Ed25519PrivateKey.from_private_bytes(raw[:SEED])
