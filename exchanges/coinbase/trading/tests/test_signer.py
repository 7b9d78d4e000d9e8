"""Keys and tokens, and the clock they are judged by."""

import base64

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from exchanges.coinbase.addresses import Addresses
from exchanges.coinbase.trading.clock import ServerClock
from exchanges.coinbase.trading.signer import BadKey, Credentials, Signer, private_key

PEM, RAW = serialization.Encoding.PEM, serialization.Encoding.Raw
PKCS8, SEC1 = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL
OPEN = serialization.NoEncryption()
EC, ED = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
SEED = ED.private_bytes(RAW, serialization.PrivateFormat.Raw, OPEN)
PUBLIC = ED.public_key().public_bytes(RAW, serialization.PublicFormat.Raw)


@pytest.mark.parametrize(
    ("text", "algorithm"),
    [
        (EC.private_bytes(PEM, SEC1, OPEN).decode(), "ES256"),
        (EC.private_bytes(PEM, PKCS8, OPEN).decode(), "ES256"),
        (EC.private_bytes(PEM, SEC1, OPEN).decode().replace("\n", "\\n"), "ES256"),
        (ED.private_bytes(PEM, PKCS8, OPEN).decode(), "EdDSA"),
        (base64.b64encode(SEED).decode(), "EdDSA"),
        (base64.b64encode(SEED + PUBLIC).decode() + "\n", "EdDSA"),
    ],
    ids=["sec1", "pkcs8", "escaped", "ed-pem", "seed", "pair"],
)
def test_every_form_of_a_key_signs(text, algorithm):
    token = Signer(Credentials("organizations/1/apiKeys/2", text)).token(1_800_000_000.9, "GET host/path")
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(
        token,
        (EC if algorithm == "ES256" else ED).public_key(),
        [algorithm],
        {"verify_exp": False, "verify_nbf": False},
    )
    assert (header["alg"], header["kid"], len(header["nonce"])) == (algorithm, claims["sub"], 64)
    assert (claims["iss"], claims["uri"]) == ("cdp", "GET host/path")
    assert claims["nbf"] <= 1_800_000_000 < claims["exp"] <= claims["nbf"] + 120


@pytest.mark.parametrize(
    "text",
    [
        "", "nonsense", "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----",
        base64.b64encode(b"x").decode(),
        rsa.generate_private_key(65537, 2048).private_bytes(PEM, PKCS8, OPEN).decode(),
        ec.generate_private_key(ec.SECP384R1()).private_bytes(PEM, PKCS8, OPEN).decode(),
    ],
    ids=["empty", "nonsense", "broken", "short", "rsa", "p384"],
)  # fmt: skip
def test_what_is_no_key_of_the_exchange_is_refused_and_not_quoted(text):
    with pytest.raises(BadKey) as refused:
        private_key(text)
    assert not text or text[:20] not in str(refused.value)


def test_credentials_show_nothing():
    shown = repr(Credentials("organizations/1/apiKeys/abcdef", "very secret")) + str(Credentials("abcdefgh", "hidden"))
    assert shown == "Credentials(…cdef)Credentials(…efgh)"


def test_the_exchanges_clock_is_followed(desk):
    wall = 1_000.0
    clock = ServerClock(Addresses(rest=desk.sandbox.root), clock=lambda: wall)
    assert clock.now() - wall == pytest.approx(clock.skew)
    assert clock.skew > 10**9  # the sandbox's clock stands in 2026


def test_a_doubt_reads_the_exchanges_clock_anew_and_many_at_once_do_so_once(desk):
    now = 100.0
    clock = ServerClock(Addresses(rest=desk.sandbox.root), clock=lambda: 0.0, monotonic=lambda: now)
    clock.now()
    before = clock.skew
    desk.sandbox.settings(clock_skew=300)
    assert clock.now() == before  # it is read every quarter of an hour
    clock.doubt()
    assert clock.skew == pytest.approx(before + 300)
    desk.sandbox.settings(clock_skew=600)
    clock.doubt()
    assert clock.skew == pytest.approx(before + 300)
    now += 3
    clock.doubt()
    assert clock.skew == pytest.approx(before + 600)


def test_an_exchange_that_is_away_leaves_our_own_clock():
    assert ServerClock(Addresses(rest="http://127.0.0.1:9"), clock=lambda: 5.0).now() == 5.0
