"""API keys: made here, shown once, checked by their public half."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from sandbox.accounts import user_named

ES256, EDDSA = "ES256", "EdDSA"
VIEW, TRADE, TRANSFER = "view", "trade", "transfer"
Network = IPv4Network | IPv6Network
Public = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


@dataclass(slots=True)
class Key:
    """A key of a user. ``scopes``, ``revoked`` and ``addresses`` may be changed while the exchange runs.

    ``addresses``: networks from which alone it may be used; none: from everywhere.
    """

    name: str
    user: str
    algorithm: str
    public: Public
    scopes: set[str] = field(default_factory=lambda: {VIEW, TRADE})
    revoked: bool = False
    addresses: tuple[Network, ...] = ()

    @property
    def portfolio(self) -> str:
        return portfolio_of(self.user)

    def as_row(self) -> dict[str, Any]:
        """What KeyRing.recall takes: the public half, never the private one."""
        public = self.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        return {
            "name": self.name, "user": self.user, "algorithm": self.algorithm, "public": public,
            "scopes": sorted(self.scopes), "revoked": self.revoked, "addresses": [str(one) for one in self.addresses],
        }  # fmt: skip


def read_networks(rows: object) -> tuple[Network, ...]:
    """Of texts such as '203.0.113.7' or '10.0.0.0/8'. Raises ValueError."""
    if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
        raise ValueError(f"addresses must be a list of texts, was {rows!r}")
    return tuple(ip_network(row, strict=False) for row in rows)


def read_scopes(rows: object) -> set[str]:
    """Raises ValueError for what is no list of scopes."""
    known = {VIEW, TRADE, TRANSFER}
    if not isinstance(rows, list) or not rows or not all(isinstance(row, str) and row in known for row in rows):
        raise ValueError(f"scopes must be of {VIEW}, {TRADE}, {TRANSFER}, were {rows!r}")
    return set(rows)


def portfolio_of(user: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"portfolio/{user}"))


def user_id(user: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"user/{user}"))


class KeyRing:
    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}

    def get(self, name: str) -> Key | None:
        return self._keys.get(name)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys.values())

    def make(
        self, user: str, algorithm: str = ES256, scopes: set[str] | None = None, addresses: tuple[Network, ...] = ()
    ) -> str:
        """A new key; the answer is the text of its key file, as the exchange lets one download it.

        Raises ValueError for an algorithm that is neither ES256 nor EdDSA, or a user who cannot be one.
        """
        private, name = _private(algorithm)
        public = private.public_key()
        self._keys[name] = Key(name, user_named(user), algorithm, public, scopes or {VIEW, TRADE}, addresses=addresses)
        return json.dumps({"name": name, "privateKey": _secret(private)})

    def recall(self, row: dict[str, Any]) -> None:
        """Takes in a key of an earlier run."""
        public = load_pem_public_key(row["public"].encode())
        if not isinstance(public, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
            raise ValueError(f"a key must be of the kind ES256 or EdDSA, was {type(public).__name__}")
        known = Key(row["name"], row["user"], row["algorithm"], public, set(row["scopes"]), row["revoked"])
        known.addresses = read_networks(row.get("addresses", []))
        self._keys[known.name] = known

    def adopt(self, key_file: str, user: str) -> Key:
        """Takes in a key made before, from the text of its file: a client keeps its key when the exchange restarts.

        Raises ValueError for what is no key file.
        """
        try:
            row = json.loads(key_file)
            name, secret = str(row.get("name") or row["id"]), str(row["privateKey"])
        except (ValueError, KeyError, AttributeError) as error:
            raise ValueError(f"a key file must have 'name' and 'privateKey': {error!r}") from None
        if secret.startswith("-----"):
            private = load_pem_private_key(secret.encode(), None)
        else:
            private = ed25519.Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret)[:32])
        if isinstance(private, ec.EllipticCurvePrivateKey):
            key = Key(name, user, ES256, private.public_key())
        elif isinstance(private, ed25519.Ed25519PrivateKey):
            key = Key(name, user, EDDSA, private.public_key())
        else:
            raise ValueError(f"a key must be of the kind ES256 or EdDSA, was {type(private).__name__}")
        self._keys[name] = key
        return key


def _private(algorithm: str) -> tuple[ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, str]:
    if algorithm == ES256:
        return ec.generate_private_key(ec.SECP256R1()), f"organizations/{uuid4()}/apiKeys/{uuid4()}"
    if algorithm == EDDSA:
        return ed25519.Ed25519PrivateKey.generate(), str(uuid4())
    raise ValueError(f"algorithm must be {ES256} or {EDDSA}, was {algorithm!r}")


def _secret(private: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    """PEM for ES256, base64 of seed and public key for EdDSA: what the exchange's own files hold."""
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    seed = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return base64.b64encode(seed + private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
